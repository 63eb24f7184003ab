globalThis.outcome = new Promise((resolve, reject) => {
  navigator.serviceWorker.addEventListener("message", (event) => resolve(event.data));
  navigator.serviceWorker.startMessages();
  run().catch(reject);
});

async function run() {
  const url = new URL("./service-worker.mjs", import.meta.url);
  await navigator.serviceWorker.register(url, { type: "module", scope: "./" });
  const { active } = await navigator.serviceWorker.ready;
  active.postMessage("run");
}

const worker = new Worker(new URL("./worker.mjs", import.meta.url), { type: "module" });

globalThis.outcome = new Promise((resolve, reject) => {
  worker.onmessage = (event) => resolve(event.data);
  worker.onerror = (event) => reject(new Error(`the worker failed: ${event.message}`));
});

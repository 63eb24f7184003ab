/**
 * What another process sees of a host, behind a gate: `gate.close()` holds back what is asked from then on, as a process
 * that hangs would, until `gate.open()`; `gate.fail(which)` has the calls fail for which `which(method, args)` is true.
 */
export function gated(host) {
  let closed;
  let open = () => undefined;
  let fails = () => false;
  const gate = {
    /** How often the host was called. */
    calls: 0,
    close() {
      closed = new Promise((resolve) => (open = resolve));
    },
    open() {
      closed = undefined;
      open();
    },
    fail(which = () => true) {
      fails = which;
    },
  };
  const passed =
    (method, run) =>
    (...args) => {
      gate.calls += 1;
      if (fails(method, args)) return Promise.reject(new Error(`${method} fails in a test`));
      return closed ? closed.then(() => run.apply(host, args)) : run.apply(host, args);
    };
  const wrapped = new Proxy(host, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      return typeof value === "function" && name !== "constructor" ? passed(name, value) : value;
    },
  });
  return { gate, host: wrapped };
}

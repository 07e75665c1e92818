// Starts the worker that the address names after its "?". A failure to load, or a panic inside a promise, is thrown again
// outside it: only then does the page hear an error event, and start the worker anew.
self.onunhandledrejection = (event) => setTimeout(() => { throw event.reason; });
// Brings a part of a worker: a module of its own that runs in the same worker.
self.load_part = (part) =>
  import(`./${part}.js`).then((module) => module.default({ module_or_path: `./${part}_bg.wasm` }).then(() => module));
// Gives a worker's GPU subgroups where it has any: wgpu asks for no feature that it does not know.
const gpu = self.GPUAdapter?.prototype;
const request = gpu?.requestDevice;
if (request) gpu.requestDevice = function (wanted) {
  const more = this.features.has("subgroups") ? ["subgroups"] : [];
  return request.call(this, { ...wanted, requiredFeatures: [...(wanted?.requiredFeatures ?? []), ...more] });
};
const name = self.location.search.slice(1);
importScripts(`./${name}.js`);
wasm_bindgen({ module_or_path: `./${name}_bg.wasm` });

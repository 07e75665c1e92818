// Starts the worker named after the "?" of this script's address. A failure to load, or a panic inside a promise, is
// thrown again outside the promise: only then does the page receive an error event and restart the worker.
self.onunhandledrejection = (event) => setTimeout(() => { throw event.reason; });
// Loads a part of a worker: a separate module that runs in the same worker.
self.load_part = (part) =>
  import(`./${part}.js`).then((module) => module.default({ module_or_path: `./${part}_bg.wasm` }).then(() => module));
// Requests the feature "subgroups" if the GPU has it, because wgpu requests only features that it knows.
const gpu = self.GPUAdapter?.prototype;
const request = gpu?.requestDevice;
if (request) gpu.requestDevice = function (wanted) {
  const more = this.features.has("subgroups") ? ["subgroups"] : [];
  return request.call(this, { ...wanted, requiredFeatures: [...(wanted?.requiredFeatures ?? []), ...more] });
};
const name = self.location.search.slice(1);
importScripts(`./${name}.js`);
wasm_bindgen({ module_or_path: `./${name}_bg.wasm` });

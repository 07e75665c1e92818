// Starts the worker that the address names after its "?". A failure to load, or a panic inside a promise, is thrown again
// outside it: only then does the page hear an error event, and start the worker anew.
self.onunhandledrejection = (event) => setTimeout(() => { throw event.reason; });
const name = self.location.search.slice(1);
importScripts(`./${name}.js`);
wasm_bindgen({ module_or_path: `./${name}_bg.wasm` });

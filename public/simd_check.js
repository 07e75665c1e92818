// A module of one SIMD instruction. Where it is invalid the app is too, and would leave the page empty.
const simd = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
if (!self.WebAssembly?.validate(new Uint8Array(simd))) {
  document.body.textContent = "This page needs a browser from 2023 or later (WebAssembly with SIMD): update yours, or open the page in another.";
}

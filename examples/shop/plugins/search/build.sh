# Builds search.wasm where Rust can compile for WebAssembly, and leaves the one
# that is there where it cannot.
set -eu
target=wasm32-unknown-unknown
if ! [ -d "$(rustc --print target-libdir --target $target 2>/dev/null)" ]; then
  echo "without Rust for $target: search.wasm stays as it is"
  exit 0
fi
cargo build --locked --release --target $target
cp "${CARGO_TARGET_DIR:-target}/$target/release/search.wasm" search.wasm

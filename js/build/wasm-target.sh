#!/usr/bin/env bash
# Makes wasm32-unknown-unknown an ordinary target of this machine's Rust.
#
#   eval "$(js/build/wasm-target.sh)"     # then: cargo build --target wasm32-unknown-unknown
#   js/build/wasm-target.sh --check       # exit 0: nothing left to do; 1: set-up is needed
#   js/build/wasm-target.sh --force ...   # rebuild the fallback even where it is up to date
#   js/build/wasm-target.sh --fallback    # go straight to the fallback (used to test it)
#
# On stdout: shell lines to eval, empty where the Rust on PATH already has the
# target. Everything for people goes to stderr. Running it again costs ~0.1 s.
#
# 1. The rustc on PATH has the target: done.
# 2. rustup is there: `rustup target add`.
# 3. Otherwise (no rustup, or no way to its servers): Debian's rustc-web and
#    rust-web-src. std is compiled once into a toolchain folder of our own,
#    which is laid out so that PATH, RUSTC or `rustup toolchain link` can name
#    it. Nothing under /usr is written, but for the packages where root or a
#    sudo that asks no password can install them; elsewhere it says which.
#
# Settings (environment):
#   WASM_TOOLCHAIN_DIR  where 3. puts the toolchain  (~/.cache/wasm-toolchain)
#   WASM_LLD            the lld that 3. links with   (found: rustup's, Debian's)
set -euo pipefail

target=wasm32-unknown-unknown
dir=${WASM_TOOLCHAIN_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/wasm-toolchain}
recipe=4                       # raise when what this script builds changes
check= force= fallback=
for arg; do
  case $arg in
    --check) check=1 ;;
    --force) force=1 ;;
    --fallback) fallback=1 ;;
    *) echo "usage: $0 [--check] [--force] [--fallback]" >&2; exit 2 ;;
  esac
done

say() { echo "wasm-target: $*" >&2; }
bounded() {                    # bounded SECONDS COMMAND...
  if command -v timeout >/dev/null; then timeout "$@"; else "${@:2}"; fi
}
has_target() {                 # has_target RUSTC: can it compile for the target?
  local lib
  lib=$("$1" --print target-libdir --target $target 2>/dev/null) || return 1
  compgen -G "$lib/libcore-*.rlib" >/dev/null
}

# --- 1: the Rust that is already here ----------------------------------------
if [ -z "$fallback" ] && command -v rustc >/dev/null && has_target rustc; then
  exit 0
fi

# --- an earlier run's 3: nothing to do ----------------------------------------
debian_rustc=/usr/bin/rustc debian_cargo=/usr/bin/cargo
src=/usr/lib/rustlib/src/rust/library
packages=(rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web)

stamp() {                      # what the built toolchain depends on
  echo "recipe $recipe"
  "$debian_rustc" -vV
}
host_of() { "$debian_rustc" -vV | sed -n 's/^host: //p'; }
up_to_date() {
  [ -x "$debian_rustc" ] && [ -f "$dir/stamp" ] && [ "$(cat "$dir/stamp")" = "$(stamp)" ] &&
    [ -e "$dir/lib/rustlib/$(host_of)/bin/rust-lld" ]
}
print_env() {
  printf 'export PATH=%q:"$PATH"\n' "$dir/bin"
  # these would win over PATH
  printf 'unset RUSTUP_TOOLCHAIN RUSTC CARGO\n'
}
if [ -z "$force" ] && up_to_date; then
  [ -n "$check" ] || print_env
  exit 0
fi
[ -z "$check" ] || exit 1

# --- 2: rustup ------------------------------------------------------------------
if [ -z "$fallback" ] && command -v rustup >/dev/null; then
  say "adding $target with rustup (about 5 s)"
  if RUSTUP_MAX_RETRIES=0 bounded 120 rustup target add $target >&2 && has_target rustc; then
    exit 0
  fi
  say "rustup cannot get the target here; building std from Debian's source"
fi

# --- 3: Debian's compiler and std source ---------------------------------------
install() {
  if ! command -v apt-get >/dev/null; then
    say "no rustup that can add $target, and no apt-get to fall back on: install Rust with rustup, then 'rustup target add $target'"
    exit 1
  fi
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    # -n: never wait for a password
    if ! sudo -n true 2>/dev/null; then
      say "neither root nor a sudo without password: run 'sudo apt-get install $*' by hand, then try again"
      exit 1
    fi
    as_root=(sudo -n)
  fi
  say "installing $* (about 30 s)"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
  # the lists may be missing or old: fetched only where the first try fails
  bounded 900 "${apt[@]}" install -y --no-install-recommends "$@" </dev/null >&2 && return
  say "fetching the package lists first (about 10 s)"
  bounded 300 "${apt[@]}" update </dev/null >&2
  bounded 900 "${apt[@]}" install -y --no-install-recommends "$@" </dev/null >&2
}
if [ ! -x $debian_rustc ] || [ ! -x $debian_cargo ] || [ ! -d $src/std ]; then
  install "${packages[@]}"
fi
host=$(host_of)

find_lld() {
  local lld
  if [ -n "${WASM_LLD:-}" ]; then echo "$WASM_LLD"; return; fi
  if command -v rustup >/dev/null; then
    for lld in "$(rustc --print sysroot 2>/dev/null)"/lib/rustlib/*/bin/rust-lld; do
      [ -x "$lld" ] && { echo "$lld"; return; }
    done
  fi
  # newest first: lld reads the object files of its own LLVM and older
  for lld in $(compgen -G '/usr/lib/llvm-*/bin/lld' | sort -Vr); do
    [ -x "$lld" ] && { echo "$lld"; return; }
  done
  return 1
}
if ! lld=$(find_lld); then
  install "lld-$("$debian_rustc" -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')"
  lld=$(find_lld)
fi

say "building std of $("$debian_rustc" -V) for $target (about a minute)"
began=$SECONDS
work=$(mktemp -d)
new=$dir.new.$$
trap 'rm -rf "$work" "$new"' EXIT

# std, built by cargo's own -Zbuild-std. Its dependencies lie beside it, in a
# folder that cargo has to be told of: no network.
mkdir -p "$work/src"
cat >"$work/Cargo.toml" <<TOML
[package]
name = "empty"
version = "0.0.0"
edition = "2021"
[lib]
path = "src/lib.rs"
[profile.release]
opt-level = 3
codegen-units = 1
debug = 0
TOML
: >"$work/src/lib.rs"
(
  cd "$work"
  # embed-bitcode: so that a crate with lto=true can take std in.
  # trim: panic messages must not name folders of this machine.
  real=$(readlink -f $src/..)
  bounded 1200 env -u CARGO_ENCODED_RUSTFLAGS -u RUSTC_WRAPPER \
    RUSTC_BOOTSTRAP=1 RUSTC=$debian_rustc CARGO_TARGET_DIR="$work/target" \
    RUSTFLAGS="-Cembed-bitcode=yes --remap-path-prefix=$real=/rustc --remap-path-prefix=${src%/library}=/rustc" \
    $debian_cargo build --quiet --offline --release --target $target \
    --config 'source.crates-io.replace-with="vendored"' --config "source.vendored.directory=\"$src/vendor\"" \
    -Zbuild-std=std,panic_abort,panic_unwind,test >&2
)

# The toolchain folder: wrappers around Debian's programs, our sysroot.
lib=$new/lib/rustlib
mkdir -p "$new/bin" "$lib/$target/lib" "$lib/$host/bin"
cp "$work/target/$target/release/deps/"lib*.rlib "$lib/$target/lib/"
rm -f "$lib/$target/lib/"libempty-*.rlib
ln -s "/usr/lib/rustlib/$host/lib" "$lib/$host/lib"
ln -s "$lld" "$lib/$host/bin/rust-lld"
ln -s /usr/lib/rustlib/src "$lib/src"
# rustc and rustdoc take the sysroot as an argument; clippy-driver, which
# cargo-clippy looks for beside itself, takes it from SYSROOT; cargo asks PATH.
for program in rustc rustdoc; do
  printf '#!/bin/sh\nexec /usr/bin/%s --sysroot "%s" "$@"\n' $program "$dir" >"$new/bin/$program"
done
for program in cargo cargo-clippy; do
  [ -x /usr/bin/$program ] || continue
  printf '#!/bin/sh\nPATH="%s/bin:$PATH" SYSROOT="%s" exec /usr/bin/%s "$@"\n' "$dir" "$dir" $program >"$new/bin/$program"
done
chmod +x "$new/bin/"*
stamp >"$new/stamp"
rm -rf "$dir"
mkdir -p "$(dirname "$dir")"
mv "$new" "$dir"
say "built $dir in $((SECONDS - began)) s, linking with $lld"
print_env

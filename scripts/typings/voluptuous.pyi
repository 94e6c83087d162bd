# At run time Home Assistant answers `import voluptuous` with probatio. mypy would otherwise
# read the old library's types, which Home Assistant's own signatures reject.
from probatio import *

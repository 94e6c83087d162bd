"""A stand-in for the clouds: NetZero, Octopus and Open-Meteo on loopback, on the wire.

Behind them stands one world: a simulated Powerwall, a tariff and a sky, under a clock that a test
(or the control endpoint) moves. ``faults`` makes any reply go wrong in any known way; ``log`` keeps
what was received. ``python -m tests.cloud --help`` runs it as a process.
"""

"""The demo home: prices, sun and load made by rule, the same for everybody at the same time."""

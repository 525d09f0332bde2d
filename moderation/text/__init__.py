"""What people write: plain text made storable, markup made safe, addresses in normal form."""

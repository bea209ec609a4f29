//! SSZ containers of the Fulu fork.

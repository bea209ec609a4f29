//! State transition of the beacon chain.

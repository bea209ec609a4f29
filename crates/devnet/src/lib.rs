//! An L1, validators, gateways, batchers, followers and a spammer on one machine.

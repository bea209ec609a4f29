//! The Beacon API over HTTP.

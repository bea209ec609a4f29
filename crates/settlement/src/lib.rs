//! A rollup as its contracts on L1 show it: windows, batches, deposits and origins, through reorgs.

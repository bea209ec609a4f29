//! Batches through kona, both ways.

use crate::words::{Dice, GENESIS_S, blocks, transaction};
use alloy_primitives::{Address, B256, Bytes, Signature, keccak256};
use async_trait::async_trait;
use forebond_rollup::op::channel::{
    BatchBlock, MAX_BLOBS, blob::pack, decode, encode, encode_in_frames_of,
};
use kona_consensus::{
    Header, Receipt, SignableTransaction, TxEip4844, TxEip4844Variant, TxEnvelope,
    transaction::SignerRecoverable,
};
use kona_derive::{
    BlobProvider, BlobProviderError, BlobSource, ChainProvider, DataAvailabilityProvider,
};
use kona_eips::eip4844::{Blob, IndexedBlobHash};
use kona_genesis::{HardForkConfig, RollupConfig};
use kona_protocol::{
    Batch, BatchReader, BatchValidity, BlockInfo, Channel, FJORD_MAX_RLP_BYTES_PER_CHANNEL, Frame,
    L2BlockInfo, SingleBatch,
};

/// Kona's configuration of a chain like ours: all forks up to Isthmus from the start, blocks each second.
pub fn config() -> RollupConfig {
    let now = Some(0);
    RollupConfig {
        block_time: 1,
        max_sequencer_drift: 1800,
        seq_window_size: 3600,
        hardforks: HardForkConfig {
            regolith_time: now,
            canyon_time: now,
            delta_time: now,
            ecotone_time: now,
            fjord_time: now,
            granite_time: now,
            holocene_time: now,
            isthmus_time: now,
            ..Default::default()
        },
        ..Default::default()
    }
}

/// One L1 block with one blob transaction of the batcher.
#[derive(Clone, Debug)]
struct OneBlock {
    transaction: TxEnvelope,
    blobs: Vec<Box<Blob>>,
}

#[async_trait]
impl ChainProvider for OneBlock {
    type Error = BlobProviderError;

    async fn header_by_hash(&mut self, _: B256) -> Result<Header, Self::Error> {
        Err(BlobProviderError::SlotDerivation)
    }

    async fn block_info_by_number(&mut self, _: u64) -> Result<BlockInfo, Self::Error> {
        Err(BlobProviderError::SlotDerivation)
    }

    async fn receipts_by_hash(&mut self, _: B256) -> Result<Vec<Receipt>, Self::Error> {
        Err(BlobProviderError::SlotDerivation)
    }

    async fn block_info_and_transactions_by_hash(
        &mut self,
        _: B256,
    ) -> Result<(BlockInfo, Vec<TxEnvelope>), Self::Error> {
        Ok((BlockInfo::default(), vec![self.transaction.clone()]))
    }
}

#[async_trait]
impl BlobProvider for OneBlock {
    type Error = BlobProviderError;

    async fn get_blobs(
        &mut self,
        _: &BlockInfo,
        hashes: &[IndexedBlobHash],
    ) -> Result<Vec<Box<Blob>>, Self::Error> {
        assert_eq!(hashes.len(), self.blobs.len());
        Ok(self.blobs.clone())
    }
}

/// What kona's blob source makes of these blobs: one piece of data for each it can read.
fn data_of(blobs: &[Box<Blob>]) -> Vec<Bytes> {
    let inbox = Address::repeat_byte(0xff);
    let transaction = TxEip4844 {
        to: inbox,
        blob_versioned_hashes: (0..blobs.len() as u64)
            .map(|i| keccak256(i.to_be_bytes()))
            .collect(),
        ..Default::default()
    };
    let transaction = TxEip4844Variant::from(transaction).into_signed(Signature::test_signature());
    let transaction = TxEnvelope::Eip4844(transaction);
    let batcher = transaction.recover_signer().expect("some signer");
    let block = OneBlock {
        transaction,
        blobs: blobs.to_vec(),
    };
    let mut source = BlobSource::new(block.clone(), block, inbox);
    let mut data = vec![];
    while let Ok(next) = pollster::block_on(source.next(&BlockInfo::default(), batcher)) {
        data.push(next);
    }
    data
}

/// Blobs to singular batches, by kona alone.
pub fn read(blobs: &[Box<Blob>]) -> Vec<BatchBlock> {
    let data = data_of(blobs);
    assert_eq!(data.len(), blobs.len(), "kona reads every blob");
    let mut found = vec![];
    let mut channel: Option<Channel> = None;
    for data in data {
        for frame in Frame::parse_frames(&data).expect("frames") {
            let mut open = channel
                .take()
                .unwrap_or_else(|| Channel::new(frame.id, BlockInfo::default()));
            open.add_frame(frame, BlockInfo::default())
                .expect("frame fits its channel");
            if !open.is_ready() {
                channel = Some(open);
                continue;
            }
            let mut reader = BatchReader::new(
                open.frame_data().expect("complete"),
                FJORD_MAX_RLP_BYTES_PER_CHANNEL as usize,
            );
            while let Some(batch) = reader.next_batch(&config()) {
                let Batch::Single(batch) = batch else {
                    panic!("not a singular batch")
                };
                found.push(batch);
            }
        }
    }
    assert!(channel.is_none(), "kona waits for more frames");
    check_rules(&found);
    found.into_iter().map(ours).collect()
}

/// Kona's own rules accept each batch behind the one before.
fn check_rules(batches: &[SingleBatch]) {
    for pair in batches.windows(2) {
        let [parent, batch] = pair else { continue };
        let in_a_row = batch.timestamp == parent.timestamp + 1 && batch.timestamp > GENESIS_S;
        if !in_a_row {
            continue;
        }
        // An L1 block every two seconds, as `words::blocks` counts them.
        let l1 = |number: u64, hash| BlockInfo {
            number,
            hash,
            timestamp: GENESIS_S + (number - 100) * 2,
            ..Default::default()
        };
        let origins = [
            l1(parent.epoch_num, parent.epoch_hash),
            l1(
                parent.epoch_num + 1,
                crate::words::l1_hash(parent.epoch_num + 1),
            ),
        ];
        let head = L2BlockInfo {
            block_info: BlockInfo {
                hash: batch.parent_hash,
                timestamp: parent.timestamp,
                ..Default::default()
            },
            l1_origin: parent.epoch(),
            seq_num: 0,
        };
        let posted = l1(batch.epoch_num + 30, B256::ZERO);
        let verdict = batch.check_batch(&config(), &origins, head, &posted);
        assert_eq!(verdict, BatchValidity::Accept, "{batch:?}");
    }
}

fn ours(batch: SingleBatch) -> BatchBlock {
    BatchBlock {
        parent_hash: batch.parent_hash,
        origin_number: batch.epoch_num,
        origin_hash: batch.epoch_hash,
        timestamp_s: batch.timestamp,
        transactions: batch.transactions,
    }
}

/// A block as kona's singular batch.
pub fn single(block: &BatchBlock) -> SingleBatch {
    SingleBatch {
        parent_hash: block.parent_hash,
        epoch_num: block.origin_number,
        epoch_hash: block.origin_hash,
        timestamp: block.timestamp_s,
        transactions: block.transactions.clone(),
    }
}

/// A channel as kona's types encode it, uncompressed.
pub fn rlp_by_kona(blocks: &[BatchBlock]) -> Vec<u8> {
    let mut rlp = vec![];
    for block in blocks {
        let mut batch = vec![];
        Batch::Single(single(block))
            .encode(&mut batch)
            .expect("encodes");
        alloy_rlp::Encodable::encode(&Bytes::from(batch), &mut rlp);
    }
    rlp
}

/// One blob with two channels, each in several frames that kona encodes.
pub fn blobs_by_kona(blocks: &[BatchBlock], frame_bytes: usize) -> Vec<Box<Blob>> {
    let mut content = vec![kona_protocol::DERIVATION_VERSION_0];
    for (id, part) in (1u8..).zip(blocks.chunks(blocks.len().div_ceil(2))) {
        let channel = miniz_oxide::deflate::compress_to_vec_zlib(&rlp_by_kona(part), 9);
        let count = channel.len().div_ceil(frame_bytes);
        for (number, data) in (0u16..).zip(channel.chunks(frame_bytes)) {
            let is_last = usize::from(number) + 1 == count;
            content.extend(Frame::new([id; 16], number, data.to_vec(), is_last).encode());
        }
    }
    vec![pack(&content).expect("one blob")]
}

/// Ours to kona: many shapes, up to six full blobs.
pub fn check_random_batches() {
    let mut dice = Dice::new(1);
    for round in 0..40 {
        let (count, each) = (1 + dice.below(30), dice.below(12));
        let sent = blocks(&mut dice, count, each, |dice, _| transaction(dice));
        let blobs = encode(&sent).expect("fits");
        assert_eq!(read(&blobs), sent, "round {round}");
        let spread = encode_in_frames_of(600 + dice.below(130_000 - 600) as usize, &sent);
        if let Ok(spread) = spread {
            assert_eq!(read(&spread), sent, "round {round}");
        }
    }
    // Full blobs: incompressible data, whatever the rules for transactions say.
    for length in [1_000, 130_000, 300_000, 770_000] {
        let mut sent = blocks(&mut dice, 1, 0, |_, _| Bytes::new());
        sent[0].transactions = vec![dice.bytes(length)];
        let blobs = encode(&sent).expect("fits");
        assert!(blobs.len() <= MAX_BLOBS);
        assert_eq!(read(&blobs), sent, "{length} bytes");
    }
    println!("blobs, frames, channels and singular batches: as kona reads them");
}

/// Kona to ours.
pub fn check_frames_by_kona() {
    let mut dice = Dice::new(2);
    for frame_bytes in [1, 50, 1_000, 100_000] {
        let sent = blocks(&mut dice, 7, 2, |dice, _| transaction(dice));
        let blobs = blobs_by_kona(&sent, frame_bytes);
        assert_eq!(decode(&blobs).expect("decodes"), sent);
        assert_eq!(read(&blobs), sent);
        let mut rlp = vec![];
        sent.iter()
            .for_each(|b| forebond_rollup::op::channel::singular::write(b, &mut rlp));
        assert_eq!(rlp, rlp_by_kona(&sent), "the same bytes before compression");
    }
    println!("frames that kona encodes: as we read them");
}

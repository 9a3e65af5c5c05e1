//! Writes lz4 frames as instructed, with checksums that are right, so that what they guard is reached.

use std::io::Read;

use lz4_flex::frame::FrameDecoder;
use twox_hash::XxHash32;

/// The magic of every frame.
pub const MAGIC: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];

const VERSION: u8 = 1 << 6;
const BLOCK_CHECKSUM: u8 = 1 << 4;
const CONTENT_BYTES: u8 = 1 << 3;
const CONTENT_CHECKSUM: u8 = 1 << 2;
const STORED_FLAG: u32 = 1 << 31;

/// A frame that these bytes ask for: its flags, the size of its blocks, then blocks, each behind its length. `None`
/// where they hold no text.
pub fn frame(instructions: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (&[flags, size], blocks) = instructions.split_first_chunk()?;
    let flags = VERSION | flags & 0b0011_1100;
    let size = 0x40 | (size & 3) << 4;
    let plain = written(flags & !(CONTENT_BYTES | CONTENT_CHECKSUM), size, blocks, b"");
    let mut text = Vec::new();
    let mut decoder = FrameDecoder::new(&plain[..]);
    // A block that holds nothing ends a read, but not the frame.
    while !decoder.get_ref().is_empty() {
        decoder.read_to_end(&mut text).ok()?;
    }
    Some((written(flags, size, blocks, &text), text))
}

fn written(flags: u8, size: u8, mut blocks: &[u8], text: &[u8]) -> Vec<u8> {
    let mut descriptor = vec![flags, size];
    if flags & CONTENT_BYTES != 0 {
        descriptor.extend((text.len() as u64).to_le_bytes());
    }
    let mut frame = [&MAGIC, &descriptor[..], &[(XxHash32::oneshot(0, &descriptor) >> 8) as u8]].concat();
    while let Some((&[low, high], behind)) = blocks.split_first_chunk() {
        // The highest bit says that the block is stored.
        let bytes = u16::from_le_bytes([low, high & 0x7f]).into();
        let (block, behind) = behind.split_at(behind.len().min(bytes));
        blocks = behind;
        if block.is_empty() {
            continue;
        }
        let stored = if high & 0x80 != 0 { STORED_FLAG } else { 0 };
        frame.extend((block.len() as u32 | stored).to_le_bytes());
        frame.extend_from_slice(block);
        if flags & BLOCK_CHECKSUM != 0 {
            frame.extend(XxHash32::oneshot(0, block).to_le_bytes());
        }
    }
    frame.extend([0; 4]);
    if flags & CONTENT_CHECKSUM != 0 {
        frame.extend(XxHash32::oneshot(0, text).to_le_bytes());
    }
    frame
}

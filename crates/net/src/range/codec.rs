//! Requests and answers on a stream: four bytes of length, then that many bytes, never more than a bound. The bound is
//! checked before memory is taken, and memory is taken as bytes arrive.

use std::io;

use futures_util::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::{StreamProtocol, request_response::Codec};

use super::{
    RangeRequest,
    wire::{
        Answer, MAX_REQUEST_BYTES, decode_answer, decode_request, encode_answer, encode_request,
    },
};

/// Encoding of an answer around its messages, bytes, per answer; each message adds up to five.
const AROUND_BYTES: usize = 64 << 10;

/// Reads and writes one request and one answer per stream.
#[derive(Clone, Debug)]
pub(crate) struct RangeCodec {
    pub(crate) max_answer_bytes: usize,
}

/// A request that is none keeps its reason, so that its sender can be charged.
pub(crate) type Asked = Result<RangeRequest, String>;
/// The same for an answer.
pub(crate) type Answered = Result<Answer, String>;

impl Codec for RangeCodec {
    type Protocol = StreamProtocol;
    type Request = Asked;
    type Response = Answered;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Asked>
    where
        T: AsyncRead + Unpin + Send,
    {
        Ok(match read_bounded(io, MAX_REQUEST_BYTES).await? {
            Ok(bytes) => decode_request(&bytes).map_err(|error| error.to_string()),
            Err(reason) => Err(reason),
        })
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Answered>
    where
        T: AsyncRead + Unpin + Send,
    {
        let limit = self.max_answer_bytes + AROUND_BYTES;
        Ok(match read_bounded(io, limit).await? {
            Ok(bytes) => decode_answer(&bytes).map_err(|error| error.to_string()),
            Err(reason) => Err(reason),
        })
    }

    async fn write_request<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        request: Asked,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        let request = request.map_err(io::Error::other)?;
        write(io, &encode_request(&request)).await
    }

    async fn write_response<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        answer: Answered,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        let answer = answer.map_err(io::Error::other)?;
        write(io, &encode_answer(&answer)).await
    }
}

async fn read_bounded<T>(io: &mut T, limit: usize) -> io::Result<Result<Vec<u8>, String>>
where
    T: AsyncRead + Unpin + Send,
{
    let mut length = [0; 4];
    io.read_exact(&mut length).await?;
    let length = u32::from_be_bytes(length);
    if length as usize > limit {
        return Ok(Err(format!("{length} bytes, at most {limit} expected")));
    }
    let mut bytes = Vec::new();
    io.take(u64::from(length)).read_to_end(&mut bytes).await?;
    if bytes.len() != length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Ok(bytes))
}

async fn write<T>(io: &mut T, bytes: &[u8]) -> io::Result<()>
where
    T: AsyncWrite + Unpin + Send,
{
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    io.write_all(&length.to_be_bytes()).await?;
    io.write_all(bytes).await?;
    io.close().await
}

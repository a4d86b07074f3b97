using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Sidecar.Host;

/// <summary>
/// The server's buffers, eight times as large as its own. It receives one buffer at a time and wakes the reader for each, so
/// that a body of 100 kB would come in 25 pieces. A connection without traffic holds none.
/// </summary>
internal sealed class LargeBlocks : IMemoryPoolFactory<byte>
{
    private const int BlockSize = 32 << 10;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    private sealed class Pool : MemoryPool<byte>
    {
        public override int MaxBufferSize => BlockSize;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
            return new Block();
        }

        // Blocks that are still out go back to the shared pool on their own.
        protected override void Dispose(bool disposing)
        {
        }
    }

    private sealed class Block : IMemoryOwner<byte>
    {
        private byte[]? _bytes = ArrayPool<byte>.Shared.Rent(BlockSize);

        public Memory<byte> Memory => _bytes ?? throw new ObjectDisposedException(nameof(Block));

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _bytes, null) is { } bytes)
            {
                ArrayPool<byte>.Shared.Return(bytes);
            }
        }
    }
}

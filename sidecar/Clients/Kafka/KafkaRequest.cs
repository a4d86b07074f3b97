using System.Buffers.Binary;
using System.Text;

namespace Sidecar.Clients.Kafka;

/// <summary>
/// One request of Kafka's protocol on a connection of its own, for what has to be known before a client can be made. The
/// forms used are the oldest ones, which Kafka 0.9 understands.
/// </summary>
internal static class KafkaRequest
{
    public const short Metadata = 3;
    public const short GroupCoordinator = 10;
    public const short ListGroups = 16;

    private const int LargestAnswer = 16 << 20;

    /// <summary>Throws <see cref="IOException"/> when the broker hangs up, <see cref="InvalidDataException"/> when it answers nonsense.</summary>
    public static async Task<KafkaAnswer> AskAsync(
        Stream stream, string client, short api, short version, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        // Size, api, version, correlation, client id. Kafka 0.9 takes no request without a client id.
        var request = new byte[4 + 2 + 2 + 4 + 2 + client.Length + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(request, request.Length - 4);
        BinaryPrimitives.WriteInt16BigEndian(request.AsSpan(4), api);
        BinaryPrimitives.WriteInt16BigEndian(request.AsSpan(6), version);
        BinaryPrimitives.WriteInt16BigEndian(request.AsSpan(12), (short)client.Length);
        Encoding.ASCII.GetBytes(client, request.AsSpan(14));
        body.Span.CopyTo(request.AsSpan(14 + client.Length));
        await stream.WriteAsync(request, cancellationToken);

        var size = new byte[4];
        await stream.ReadExactlyAsync(size, cancellationToken);
        var length = BinaryPrimitives.ReadInt32BigEndian(size);
        if (length is < 4 or > LargestAnswer)
        {
            throw new InvalidDataException($"an answer of {length} bytes");
        }

        var answer = new byte[length];
        await stream.ReadExactlyAsync(answer, cancellationToken);
        return new KafkaAnswer(answer);
    }
}

/// <summary>Reads an answer from its first member after the correlation on; what is not there is an <see cref="InvalidDataException"/>.</summary>
internal sealed class KafkaAnswer(byte[] bytes)
{
    private int _at = 4;

    public bool AtEnd => _at == bytes.Length;

    public short Short() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

    public int Int() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public string Text() => Encoding.UTF8.GetString(Take(Math.Max(0, (int)Short())));

    public void Skip(int count) => Take(count);

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > bytes.Length - _at)
        {
            throw new InvalidDataException("the answer is shorter than it says");
        }

        _at += count;
        return bytes.AsSpan(_at - count, count);
    }
}

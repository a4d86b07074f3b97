using System.Buffers.Binary;

namespace Sidecar.Infra.Probes;

/// <summary>
/// The AMQP 0-9-1 handshake up to the opened virtual host, as any client makes it. A refusal of the name or the password is
/// an answer too: somebody changed them, and the broker is up.
/// </summary>
internal static class AmqpProbe
{
    private const int Start = (10 << 16) | 10;
    private const int StartOk = (10 << 16) | 11;
    private const int Tune = (10 << 16) | 30;
    private const int TuneOk = (10 << 16) | 31;
    private const int Open = (10 << 16) | 40;
    private const int OpenOk = (10 << 16) | 41;
    private const int Close = (10 << 16) | 50;
    private const int CloseOk = (10 << 16) | 51;
    private const int AccessRefused = 403;
    private const int LargestFrame = 1 << 20;

    public static async Task<bool> AnswersAsync(Stream stream, CancellationToken cancellationToken)
    {
        await stream.WriteAsync("AMQP\0\0\x9\x1"u8.ToArray(), cancellationToken);
        if ((await ReadAsync(stream, cancellationToken)).Method != Start)
        {
            return false;
        }

        // No properties, then mechanism, response and locale.
        await WriteAsync(stream, StartOk, [0, 0, 0, 0, .. Short("PLAIN"u8), .. Long("\0guest\0guest"u8), .. Short("en_US"u8)], cancellationToken);
        var (method, arguments) = await ReadAsync(stream, cancellationToken);
        if (method != Tune)
        {
            return method == Close && IsRefusal(arguments);
        }

        await WriteAsync(stream, TuneOk, arguments, cancellationToken);
        await WriteAsync(stream, Open, [.. Short("/"u8), 0, 0], cancellationToken);
        (method, arguments) = await ReadAsync(stream, cancellationToken);
        if (method != OpenOk)
        {
            return method == Close && IsRefusal(arguments);
        }

        await WriteAsync(stream, Close, [0, 200, .. Short(""u8), 0, 0, 0, 0], cancellationToken);
        return (await ReadAsync(stream, cancellationToken)).Method == CloseOk;
    }

    private static bool IsRefusal(byte[] close) => close.Length >= 2 && BinaryPrimitives.ReadUInt16BigEndian(close) == AccessRefused;

    private static byte[] Short(ReadOnlySpan<byte> text) => [(byte)text.Length, .. text];

    private static byte[] Long(ReadOnlySpan<byte> text) => [0, 0, 0, (byte)text.Length, .. text];

    /// <summary>A method frame on channel 0: type, channel, size, class and method, arguments, end.</summary>
    private static async Task WriteAsync(Stream stream, int method, byte[] arguments, CancellationToken cancellationToken)
    {
        byte[] frame = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. arguments, 0xCE];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(3), 4 + arguments.Length);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(7), method);
        await stream.WriteAsync(frame, cancellationToken);
    }

    private static async Task<(int Method, byte[] Arguments)> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var header = new byte[7];
        await stream.ReadExactlyAsync(header, cancellationToken);
        var size = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(3));
        if (header[0] != 1 || size is < 4 or > LargestFrame)
        {
            throw new InvalidDataException("not the frame of a method");
        }

        var rest = new byte[size + 1];
        await stream.ReadExactlyAsync(rest, cancellationToken);
        return (BinaryPrimitives.ReadInt32BigEndian(rest), rest[4..size]);
    }
}

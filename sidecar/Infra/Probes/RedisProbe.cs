using System.Text;

namespace Sidecar.Infra.Probes;

/// <summary>PING. A server that still loads its file answers with an error; one that wants a password is up.</summary>
internal static class RedisProbe
{
    public static async Task<bool> AnswersAsync(Stream stream, CancellationToken cancellationToken)
    {
        await stream.WriteAsync("*1\r\n$4\r\nPING\r\n"u8.ToArray(), cancellationToken);
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        return await reader.ReadLineAsync(cancellationToken) is { } line
            && (line == "+PONG" || line.StartsWith("-NOAUTH", StringComparison.Ordinal));
    }
}

using System.Text;

namespace Sidecar.Infra.Probes;

/// <summary>
/// ZooKeeper's four-letter words; the answer ends with the connection. While it still reads its data it answers that it does
/// not serve yet (and <c>ruok</c> as if it did), so the words of a served answer are looked for.
/// </summary>
internal static class ZooKeeperProbe
{
    public static async Task<bool> AnswersAsync(Stream stream, CancellationToken cancellationToken) =>
        (await AskAsync(stream, "srvr", cancellationToken)).StartsWith("Zookeeper version", StringComparison.Ordinal);

    /// <summary>
    /// No broker is registered. One that was killed stays so until its session ends, and a new one under the same number
    /// would end itself over that.
    /// </summary>
    public static async Task<bool> HasNoBrokerAsync(Stream stream, CancellationToken cancellationToken) =>
        await AskAsync(stream, "dump", cancellationToken) is var sessions
        && sessions.Contains("Sessions with Ephemerals", StringComparison.Ordinal)
        && !sessions.Contains("/brokers/ids/", StringComparison.Ordinal);

    private static async Task<string> AskAsync(Stream stream, string word, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(word), cancellationToken);
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        return await reader.ReadToEndAsync(cancellationToken);
    }
}

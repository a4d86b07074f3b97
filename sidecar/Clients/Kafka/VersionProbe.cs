using System.Net.Sockets;

namespace Sidecar.Clients.Kafka;

/// <summary>
/// Whether a broker is older than its component file says. Brokers before 0.10 cannot say what they can do (KIP-35), and 0.9
/// drops requests of bystanders when it is sent one that it cannot read, so it must not be asked that way. It is asked for its
/// metadata in the form of 0.10 instead, which it takes for its own and answers in its own.
/// </summary>
internal static class VersionProbe
{
    private const string ClientId = "version-probe";
    private const short FormOf010 = 1;

    private static readonly byte[] NoTopics = [0, 0, 0, 0];
    private static readonly KafkaVersion Older = new(new Version(0, 9, 0, 1), "0.9.0.1");

    /// <summary>The version to speak: the given one unless a broker shows that it is too new for it. Brokers that cannot be asked show nothing.</summary>
    public static async Task<KafkaVersion> AskAsync(KafkaConnection connection, CancellationToken cancellationToken)
    {
        // Encrypted connections, and those that must sign in, came with brokers that can say.
        if (!connection.Version.AnswersVersionRequests || !connection.Security.IsPlain)
        {
            return connection.Version;
        }

        foreach (var broker in connection.Brokers.Split(','))
        {
            var address = new Uri($"kafka://{broker}");
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(address.Host, address.Port, cancellationToken);
                var answer = await KafkaRequest.AskAsync(client.GetStream(), ClientId, KafkaRequest.Metadata, FormOf010, NoTopics, cancellationToken);
                return IsOf010(answer) ? connection.Version : Older;
            }
            catch (Exception failure) when (failure is SocketException or IOException or InvalidDataException)
            {
                // Said in full by whoever connects in earnest; another broker may know.
            }
        }

        return connection.Version;
    }

    private static bool IsOf010(KafkaAnswer metadata)
    {
        try
        {
            var brokers = metadata.Int();
            for (var broker = 0; broker < brokers; broker++)
            {
                metadata.Int();
                metadata.Text();
                metadata.Int();
                _ = metadata.Text();
            }

            // The controller, then the topics asked for; 0.9 knows no racks, no controller, and gives all topics.
            metadata.Int();
            return metadata.Int() == 0 && metadata.AtEnd;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}

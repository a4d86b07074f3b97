using Sidecar.Clients.Kafka;

namespace Sidecar.Infra.Probes;

/// <summary>
/// Whether clients can work: every partition has its leader, and groups their coordinator with its offsets loaded. The
/// requests are the oldest versions of the protocol, which Kafka 0.9 understands.
/// </summary>
internal static class KafkaProbe
{
    public static async Task<bool> AnswersAsync(Stream stream, CancellationToken cancellationToken)
    {
        // Asking for the coordinator first: it makes the topic of the offsets, whose leaders are then asked for too.
        var coordinator = await AskAsync(stream, KafkaRequest.GroupCoordinator, [0, 5, .. "infra"u8], cancellationToken);
        return coordinator.Short() == 0
            && AllPartitionsLed(await AskAsync(stream, KafkaRequest.Metadata, [0, 0, 0, 0], cancellationToken))
            && (await AskAsync(stream, KafkaRequest.ListGroups, [], cancellationToken)).Short() == 0;
    }

    private static bool AllPartitionsLed(KafkaAnswer metadata)
    {
        var brokers = metadata.Int();
        for (var broker = 0; broker < brokers; broker++)
        {
            metadata.Int();
            metadata.Text();
            metadata.Int();
        }

        var led = brokers > 0;
        var topics = metadata.Int();
        for (var topic = 0; topic < topics; topic++)
        {
            led &= metadata.Short() == 0;
            metadata.Text();
            var partitions = metadata.Int();
            for (var partition = 0; partition < partitions; partition++)
            {
                led &= metadata.Short() == 0;
                metadata.Int();
                metadata.Int();
                metadata.Skip(4 * metadata.Int());
                metadata.Skip(4 * metadata.Int());
            }
        }

        return led;
    }

    private static Task<KafkaAnswer> AskAsync(Stream stream, short api, byte[] body, CancellationToken cancellationToken) =>
        KafkaRequest.AskAsync(stream, "infra", api, version: 0, body, cancellationToken);
}

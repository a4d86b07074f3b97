namespace Sidecar.Components.PubSub.Kafka;

/// <summary>Kafka's rule for names of topics. Brokers say no more than "invalid topic", or nothing at all.</summary>
internal static class TopicName
{
    private const int Longest = 249;

    /// <summary>Throws <see cref="ComponentException"/>.</summary>
    public static void Check(string topic)
    {
        if (topic.Length is 0 or > Longest || topic is "." or ".." || !topic.All(IsAllowed))
        {
            throw new ComponentException(
                ComponentFault.BadRequest,
                $"kafka: '{topic}' cannot be a topic: Kafka takes 1 to {Longest} letters, digits, dots, underscores and hyphens of ASCII");
        }
    }

    private static bool IsAllowed(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-';
}

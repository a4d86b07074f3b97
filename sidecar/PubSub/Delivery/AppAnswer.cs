using System.Text.Json;

namespace Sidecar.PubSub.Delivery;

internal enum Verdict { Success, Retry, Drop }

/// <summary>What the app said about an event (the table of dapr-contract.md 5.4).</summary>
/// <param name="Code">The HTTP status when that is what failed; a policy may match it.</param>
internal readonly record struct AppAnswer(Verdict Verdict, string Reason, int? Code = null)
{
    /// <summary>The app has no place for the event, and nobody asked for that: counted as dropped, whatever the verdict.</summary>
    public bool IsHomeless { get; init; }

    public DeliveryStatus Status => Verdict switch
    {
        _ when IsHomeless => DeliveryStatus.Drop,
        Verdict.Success => DeliveryStatus.Success,
        Verdict.Retry => DeliveryStatus.Retry,
        _ => DeliveryStatus.DropAsked,
    };

    public static AppAnswer Judge(int status, ReadOnlySpan<byte> body) => status switch
    {
        >= 200 and <= 299 => StatusIn(body) switch
        {
            null or "" or "SUCCESS" => new AppAnswer(Verdict.Success, ""),
            "DROP" => new AppAnswer(Verdict.Drop, "the app answered DROP"),
            "RETRY" => new AppAnswer(Verdict.Retry, "the app answered RETRY"),
            var other => new AppAnswer(Verdict.Retry, $"the app answered the unknown status {other}"),
        },
        404 => new AppAnswer(Verdict.Drop, "the app answered 404") { IsHomeless = true },
        _ => new AppAnswer(Verdict.Retry, $"the app answered {status}", status),
    };

    // Only the first JSON value counts, and only an object whose status is a text: everything else is an ordinary body.
    private static string? StatusIn(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
        {
            // The usual answer; the parser would throw on it.
            return null;
        }

        try
        {
            var reader = new Utf8JsonReader(body, isFinalBlock: true, state: default);
            using var answer = JsonDocument.ParseValue(ref reader);
            if (answer.RootElement.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            string? status = null;
            foreach (var member in answer.RootElement.EnumerateObject())
            {
                if (!member.Name.Equals("status", StringComparison.OrdinalIgnoreCase))
                {
                    continue;
                }

                if (member.Value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
                {
                    return null;
                }

                status = member.Value.GetString();
            }

            return status;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperation: not UTF-8, or half a surrogate pair, which only shows when a text or name is asked for.
            return null;
        }
    }
}

using System.Text.Json;

namespace Sidecar.PubSub.Delivery;

/// <summary>
/// What the app said about the entries of a batch (dapr-contract.md 5.6). An entry that it does not name was not handled,
/// as far as anybody knows, and so comes again.
/// </summary>
internal static class BatchAnswer
{
    public static IReadOnlyList<AppAnswer> Judge(int status, ReadOnlyMemory<byte> body, IReadOnlyList<BatchEntry> batch)
    {
        if (status is < 200 or > 299)
        {
            var whole = AppAnswer.Judge(status, default);
            return [.. batch.Select(_ => whole)];
        }

        var statuses = Statuses(body);
        return [.. batch.Select(entry => Judge(statuses, entry.Id))];
    }

    private static AppAnswer Judge(Dictionary<string, string?>? statuses, string id)
    {
        if (statuses is null)
        {
            return new AppAnswer(Verdict.Retry, "the app's answer has no statuses");
        }

        if (!statuses.TryGetValue(id, out var status))
        {
            return new AppAnswer(Verdict.Retry, "the app's answer does not name the entry");
        }

        return status switch
        {
            "SUCCESS" => new AppAnswer(Verdict.Success, ""),
            "DROP" => new AppAnswer(Verdict.Drop, "the app answered DROP"),
            "RETRY" => new AppAnswer(Verdict.Retry, "the app answered RETRY"),
            null or "" => new AppAnswer(Verdict.Retry, "the app answered no status"),
            _ => new AppAnswer(Verdict.Retry, $"the app answered the unknown status {status}"),
        };
    }

    // Null when the body as a whole is no answer. Names in any case, as daprd reads them.
    private static Dictionary<string, string?>? Statuses(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (Member(document.RootElement, "statuses") is not { ValueKind: JsonValueKind.Array } list)
            {
                return null;
            }

            var statuses = new Dictionary<string, string?>(StringComparer.Ordinal);
            foreach (var item in list.EnumerateArray())
            {
                if (Member(item, "entryId")?.AsText() is { } id)
                {
                    statuses[id] = Member(item, "status")?.AsText();
                }
            }

            return statuses;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperation: the name of a member is not Unicode.
            return null;
        }
    }

    private static JsonElement? Member(JsonElement element, string name)
    {
        JsonElement? found = null;
        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in element.EnumerateObject())
            {
                if (member.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    found = member.Value;
                }
            }
        }

        return found;
    }
}

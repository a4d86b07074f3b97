using System.Text.Json;
using DaprShop.Reliability.Checking;

namespace DaprShop.Reliability.Evidence;

/// <summary>The provider's own file of JSON lines, which it syncs before it answers and no shop code can write.</summary>
internal static class ProviderJournal
{
    public static async Task<IReadOnlyList<LedgerLine>> ReadAsync(string file)
    {
        var charges = new Dictionary<string, (string OrderId, long Amount, string Currency)>(StringComparer.Ordinal);
        var lines = new List<LedgerLine>();
        foreach (var text in await ReadLinesAsync(file))
        {
            using var line = JsonDocument.Parse(text);
            foreach (var entry in line.RootElement.EnumerateArray())
            {
                string Text(string member) => entry.GetProperty(member).GetString()!;
                switch (Text("kind"))
                {
                    case "charge":
                        charges[Text("chargeId")] = (Text("reference"), entry.GetProperty("amount").GetInt64(), Text("currency"));
                        break;
                    case "capture":
                        var captured = charges[Text("chargeId")];
                        lines.Add(new LedgerLine("capture", Text("chargeId"), Text("chargeId"), captured.OrderId, captured.Amount, captured.Currency));
                        break;
                    case "refund":
                        var refunded = charges[Text("chargeId")];
                        lines.Add(new LedgerLine("refund", Text("refundId"), Text("chargeId"), refunded.OrderId, entry.GetProperty("amount").GetInt64(), refunded.Currency));
                        break;
                }
            }
        }

        return lines;
    }

    private static async Task<IReadOnlyList<string>> ReadLinesAsync(string file)
    {
        // The provider has it open.
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        var text = await reader.ReadToEndAsync();

        // A last line without its end is being written, or was cut off and never answered for.
        return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}

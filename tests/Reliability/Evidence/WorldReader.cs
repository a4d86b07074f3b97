using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using DaprShop.Reliability.Checking;
using DaprShop.TestKit.Shop;

namespace DaprShop.Reliability.Evidence;

/// <summary>Makes a <see cref="World"/> of what lies in the stores and at the provider.</summary>
internal static partial class WorldReader
{
    public static async Task<World> ReadAsync(RunningShop shop, IReadOnlyList<HistoryEvent> history, IReadOnlyList<Offer> offers)
    {
        var redis = shop.Servers.FirstOrDefault(server => server.Name == "redis");
        var documents = redis is null
            ? StoredDocuments.ReadSqlite(Path.Combine(shop.DataDirectory, "state.db"))
            : await StoredDocuments.ReadRedisAsync(redis.Port);
        return Of(documents, await ProviderJournal.ReadAsync(Path.Combine(shop.Folder, "provider", "ledger.jsonl")), history, offers);
    }

    private static World Of(
        IReadOnlyDictionary<string, JsonElement> documents, IReadOnlyList<LedgerLine> ledger, IReadOnlyList<HistoryEvent> history, IReadOnlyList<Offer> offers)
    {
        IEnumerable<(Match Key, JsonElement Document)> Of(Regex key) =>
            from document in documents.OrderBy(document => document.Key, StringComparer.Ordinal)
            let match = key.Match(document.Key)
            where match.Success
            select (match, document.Value.GetProperty("document"));
        return new World(
            history,
            offers,
            [.. Of(LogRecordKey()).SelectMany(record => record.Document.GetProperty("orders").EnumerateArray()).Select(Order)],
            [.. Of(RecordKey()).Select(record => Order(record.Document))],
            [.. Of(StateKey()).Select(state => State(state.Document))],
            [.. Of(SettingsKey()).Select(settings => Pool(settings.Key.Groups["pool"].Value, settings.Document))],
            Stock([.. Of(BucketKey())], [.. Of(BatchKey())]),
            ledger,
            [.. Of(PaymentKey()).Select(payment => Payment(payment.Document))],
            [
                .. Paged([.. Of(InboxKey())], [.. Of(InboxPageKey())])
                    .Select(note => new Note(note.User, Text(note.Entry, "id"), Text(note.Entry, "kind"), Text(note.Entry, "orderId"))),
            ],
            [.. Paged([.. Of(ListKey())], [.. Of(ListPageKey())]).Select(entry => new ListedOrder(entry.User, Text(entry.Entry, "orderId")))])
        {
            DeadLetters = [.. Of(LetterKey()).Select(letter => Letter(letter.Document))],
            DeadLetterLists = [.. Letters([.. Of(LetterDaysKey())], [.. Of(LetterDayKey())], [.. Of(LetterPageKey())])],
        };
    }

    private static OrderRecord Order(JsonElement order) => new(
        Text(order, "orderId"),
        Text(order, "userId"),
        order.GetProperty("total").GetProperty("amount").GetInt64(),
        [
            .. order.GetProperty("lines").EnumerateArray().Select(line => new Line(
                Text(line, "sku"), line.GetProperty("quantity").GetInt32(), line.GetProperty("unitPrice").GetProperty("amount").GetInt64(), Text(line, "reservationId"))),
        ],
        OptionalText(order, "saleId"));

    private static OrderFacts State(JsonElement state) => new(
        Text(state, "orderId"),
        Text(state, "userId"),
        Text(state, "status"),
        state.GetProperty("version").GetInt64(),
        Text(state, "paymentStatus"),
        OptionalText(state, "cancelReason"),
        OptionalText(state, "refundRequest") is not null,
        [.. state.GetProperty("timeline").EnumerateArray().Select(step => new Step(Text(step, "status"), Text(step, "eventId").Split(':')[^1]))]);

    private static StockPool Pool(string pool, JsonElement settings) =>
        new(pool, Text(settings, "sku"), settings.GetProperty("initial").GetInt64(), settings.GetProperty("buckets").GetInt32());

    private static IReadOnlyList<StockBucket> Stock(IReadOnlyList<(Match Key, JsonElement Document)> buckets, IReadOnlyList<(Match Key, JsonElement Document)> log)
    {
        var logged = log.ToLookup(batch => batch.Key.Groups["bucket"].Value, batch => Batch(batch.Document), StringComparer.Ordinal);
        return
        [
            .. from bucket in buckets
               let name = bucket.Key.Groups["bucket"].Value
               let document = bucket.Document
               let batches = logged[name].Concat(document.GetProperty("recent").EnumerateArray().Select(Batch))
                   .DistinctBy(batch => batch.N).OrderBy(batch => batch.N)
               select new StockBucket(
                   name,
                   Text(document, "sku"),
                   Number(document, "initial"),
                   Number(document, "restocked"),
                   Number(document, "available"),
                   Number(document, "reserved"),
                   Number(document, "sold"),
                   Number(document, "received"),
                   Number(document, "sent"),
                   Number(document, "seq"),
                   [.. batches]),
        ];
    }

    private static StockBatch Batch(JsonElement batch) => new(Number(batch, "n"), [.. batch.GetProperty("entries").EnumerateArray().Select(Change)]);

    private static StockChange Change(JsonElement entry)
    {
        var units = entry.TryGetProperty("quantity", out var quantity) || entry.TryGetProperty("units", out quantity) ? quantity.GetInt64() : 0;
        var orderId = entry.TryGetProperty("order", out var order) && order.ValueKind == JsonValueKind.Object ? Text(order, "orderId") : null;
        return new StockChange(Text(entry, "$type"), OptionalText(entry, "reservationId") ?? OptionalText(entry, "requestId"), units, orderId);
    }

    private static PaymentFacts Payment(JsonElement payment) => new(
        Text(payment, "orderId"),
        Text(payment, "status"),
        payment.GetProperty("amount").GetProperty("amount").GetInt64(),
        payment.TryGetProperty("refund", out var refund) && refund.ValueKind == JsonValueKind.Object && !refund.GetProperty("done").GetBoolean(),
        payment.GetProperty("unpublished").GetArrayLength());

    private static DeadLetter Letter(JsonElement letter) => new(
        Text(letter, "id"), Text(letter, "subscription"), OptionalText(letter, "eventId"), OptionalText(letter, "eventType"), OptionalText(letter, "reason"));

    /// <summary>Only a day that the subscription's list of days names is looked into by anybody.</summary>
    private static IEnumerable<DeadLetterEntry> Letters(
        IReadOnlyList<(Match Key, JsonElement Document)> days,
        IReadOnlyList<(Match Key, JsonElement Document)> heads,
        IReadOnlyList<(Match Key, JsonElement Document)> pages) =>
        from subscription in days
        let name = subscription.Key.Groups["subscription"].Value
        from day in subscription.Document.GetProperty("days").EnumerateArray()
        from document in heads.Concat(pages)
        where document.Key.Groups["subscription"].Value == name && document.Key.Groups["day"].Value == day.GetString()
        from entry in document.Document.GetProperty("entries").EnumerateArray()
        select new DeadLetterEntry(name, Text(entry, "id"));

    /// <summary>A head with the newest entries and how many full pages there are; a page that the head does not count yet is in the head too.</summary>
    private static IEnumerable<(string User, JsonElement Entry)> Paged(
        IReadOnlyList<(Match Key, JsonElement Document)> heads, IReadOnlyList<(Match Key, JsonElement Document)> pages) =>
        from head in heads
        let user = Uri.UnescapeDataString(head.Key.Groups["user"].Value)
        let full = from page in pages
                   where page.Key.Groups["user"].Value == head.Key.Groups["user"].Value
                       && int.Parse(page.Key.Groups["page"].Value, CultureInfo.InvariantCulture) < Number(head.Document, "pages")
                   select page.Document
        from document in full.Append(head.Document)
        from entry in document.GetProperty("entries").EnumerateArray()
        select (user, entry);

    private static string Text(JsonElement parent, string member) => parent.GetProperty(member).GetString()!;

    private static string? OptionalText(JsonElement parent, string member) =>
        parent.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long Number(JsonElement parent, string member) => parent.GetProperty(member).GetInt64();

    [GeneratedRegex(@"^order\|\|order/log/\d+/\d+/\d+$")]
    private static partial Regex LogRecordKey();

    [GeneratedRegex(@"^order\|\|order/[0-9a-f-]{36}$")]
    private static partial Regex RecordKey();

    [GeneratedRegex(@"^order\|\|order/[0-9a-f-]{36}/state$")]
    private static partial Regex StateKey();

    [GeneratedRegex(@"^inventory\|\|stock/(?<pool>[^/]+)/settings$")]
    private static partial Regex SettingsKey();

    [GeneratedRegex(@"^inventory\|\|stock/(?<bucket>[^/]+/\d+)$")]
    private static partial Regex BucketKey();

    [GeneratedRegex(@"^inventory\|\|stock/(?<bucket>[^/]+/\d+)/log/\d+$")]
    private static partial Regex BatchKey();

    [GeneratedRegex(@"^payment\|\|payment/[0-9a-f-]{36}$")]
    private static partial Regex PaymentKey();

    [GeneratedRegex(@"^notification\|\|inbox/(?<user>[^/]+)$")]
    private static partial Regex InboxKey();

    [GeneratedRegex(@"^notification\|\|inbox/(?<user>[^/]+)/(?<page>\d+)$")]
    private static partial Regex InboxPageKey();

    [GeneratedRegex(@"^order\|\|dlq/letter/[^/]+$")]
    private static partial Regex LetterKey();

    [GeneratedRegex(@"^order\|\|dlq/(?<subscription>[^/]+)$")]
    private static partial Regex LetterDaysKey();

    [GeneratedRegex(@"^order\|\|dlq/(?<subscription>[^/]+)/(?<day>\d{4}-\d\d-\d\d)$")]
    private static partial Regex LetterDayKey();

    [GeneratedRegex(@"^order\|\|dlq/(?<subscription>[^/]+)/(?<day>\d{4}-\d\d-\d\d)/\d+$")]
    private static partial Regex LetterPageKey();

    [GeneratedRegex(@"^order\|\|userorders/(?<user>[^/]+)/head$")]
    private static partial Regex ListKey();

    [GeneratedRegex(@"^order\|\|userorders/(?<user>[^/]+)/page/(?<page>\d+)$")]
    private static partial Regex ListPageKey();
}

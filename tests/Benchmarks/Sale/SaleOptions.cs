using System.Globalization;

namespace DaprShop.Benchmarks.Sale;

/// <summary>What a benchmark of a sale is run with.</summary>
internal sealed record SaleOptions
{
    public const string Usage =
        """
               bench accept  [flags]   orders accepted per second, beside the peers
               bench soldout [flags]   a stock that ends, and the refusals after it
               bench tail    [flags]   accepted orders until they are Confirmed
               bench soak    [flags]   very many orders in one run: latency and memory as the backlog grows
               bench race    [flags]   the strategies of a stock, and a naive one, until each has sold out
               bench scale   [flags]   accepted orders by replicas of the services that sell, and by buckets of the stock

                  --set NAME         component set: redis (default) or embedded
                  --door NAME        order (the service's own port, default), gateway, both, or none: the peers alone
                  --peers LIST       go-outbox,hello (default), go-confirm (on RabbitMQ), or none
                  --connections LIST buyers at once (default 64,256); race and scale take the first
                  --skus N           products, wanted by Zipf's law (default 1)
                  --units N          soldout, race: units there are (default 20000 and 2000)
                  --demand N         race: how many times that the buyers ask for, one unit each (default 3)
                  --strategies LIST  race: group-commit,etag,lock,actor,naive (default: all); scale: without naive (default: the shop's own)
                  --replicas LIST    scale: processes of order and of inventory each (default 1,2,4)
                  --buckets LIST     scale: parts of the stock (default 1,4,16)
                  --orders N         tail, soak: orders that are placed (default 2000 and 1000000)
                  --backlog N        accepted orders that may wait for their sagas (default 2000000)
                  --drain SECONDS    how long to wait for the sagas after each run (default 600)
                  --warm SECONDS     load before the first measurement, per contender (default 10)
                  --svg FILE         accept, race, scale: a picture of the result
                  --seconds, --runs, --json as above
        """;

    public string Set { get; private init; } = "redis";

    public IReadOnlyList<string> Doors { get; private init; } = ["order"];

    public IReadOnlyList<string> Peers { get; private init; } = ["go-outbox", "hello"];

    public IReadOnlyList<int> Connections { get; private init; } = [64, 256];

    public int Skus { get; private init; } = 1;

    /// <summary>Null: as many as the command has by default.</summary>
    public int? Units { get; private init; }

    public int Demand { get; private init; } = 3;

    /// <summary>Empty: the command's default.</summary>
    public IReadOnlyList<string> Strategies { get; private init; } = [];

    public IReadOnlyList<int> Replicas { get; private init; } = [1, 2, 4];

    public IReadOnlyList<int> Buckets { get; private init; } = [1, 4, 16];

    /// <summary>Null: as many as the command has by default.</summary>
    public int? Orders { get; private init; }

    public int Backlog { get; private init; } = 2_000_000;

    public TimeSpan Drain { get; private init; } = TimeSpan.FromMinutes(10);

    public TimeSpan Warm { get; private init; } = TimeSpan.FromSeconds(10);

    public TimeSpan Seconds { get; private init; } = TimeSpan.FromSeconds(4);

    public int Runs { get; private init; } = 3;

    public string? Json { get; private init; }

    public string? Svg { get; private init; }

    /// <param name="problems">Everything that is wrong with them.</param>
    public static SaleOptions Parse(IReadOnlyList<string> args, ICollection<string> problems)
    {
        var options = new SaleOptions();
        for (var n = 0; n < args.Count; n += 2)
        {
            var value = n + 1 < args.Count ? args[n + 1] : "";
            var next = (args[n], value) switch
            {
                ("--set", "redis" or "embedded") => options with { Set = value },
                ("--door", "order" or "gateway") => options with { Doors = [value] },
                ("--door", "both") => options with { Doors = ["order", "gateway"] },
                ("--door", "none") => options with { Doors = [] },
                ("--peers", "none") => options with { Peers = [] },
                ("--peers", _) when Names(value, "go-outbox", "go-confirm", "hello") is { } peers => options with { Peers = peers },
                ("--connections", _) when Numbers(value, 10_000) is { } connections => options with { Connections = connections },
                ("--skus", _) when Number(value, 1000) is { } skus => options with { Skus = skus },
                ("--units", _) when Number(value, 100_000_000) is { } units => options with { Units = units },
                ("--demand", _) when Number(value, 1000) is { } demand => options with { Demand = demand },
                ("--strategies", _) when Names(value, [.. RaceBench.Contenders]) is { } strategies => options with { Strategies = strategies },
                ("--replicas", _) when Numbers(value, 16) is { } replicas => options with { Replicas = replicas },
                ("--buckets", _) when Numbers(value, 64) is { } buckets => options with { Buckets = buckets },
                ("--orders", _) when Number(value, 100_000_000) is { } orders => options with { Orders = orders },
                ("--backlog", _) when Number(value, 100_000_000) is { } backlog => options with { Backlog = backlog },
                ("--drain", _) when Duration(value) is { } drain => options with { Drain = drain },
                ("--warm", _) when Duration(value) is { } warm => options with { Warm = warm },
                ("--seconds", _) when Duration(value) is { Ticks: > 0 } seconds => options with { Seconds = seconds },
                ("--runs", _) when Number(value, 1000) is { } runs => options with { Runs = runs },
                ("--json", { Length: > 0 }) => options with { Json = value },
                ("--svg", { Length: > 0 }) => options with { Svg = value },
                _ => null,
            };
            if (next is null)
            {
                problems.Add($"error: '{args[n]} {value}' is not understood here, or the value is missing or wrong");
            }

            options = next ?? options;
        }

        return options;
    }

    private static int? Number(string text, int largest) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= largest ? number : null;

    private static TimeSpan? Duration(string text) =>
        double.TryParse(text, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and < 3600 ? TimeSpan.FromSeconds(seconds) : null;

    private static List<int>? Numbers(string text, int largest)
    {
        var numbers = text.Split(',').Select(part => Number(part, largest)).ToList();
        return numbers.Contains(null) ? null : [.. numbers.Select(number => number!.Value)];
    }

    private static string[]? Names(string text, params string[] known)
    {
        var names = text.Split(',');
        return names.All(known.Contains) ? names : null;
    }
}

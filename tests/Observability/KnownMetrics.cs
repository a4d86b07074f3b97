using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace DaprShop.Tests;

/// <summary>Names under which Prometheus knows what the shop measures: from the code that makes the instruments, and from the runtime's own.</summary>
internal static partial class KnownMetrics
{
    private static readonly string[] RuntimeMeters =
        ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime"];

    public static async Task<IReadOnlySet<string>> ReadAsync() =>
        Shop().Concat(Sidecar()).Concat(await RuntimeAsync()).Append("up").ToHashSet(StringComparer.Ordinal);

    /// <summary>The shop's own instruments, as OTLP names become Prometheus' names.</summary>
    public static IEnumerable<string> Shop()
    {
        foreach (var text in Repository.Files("services", ".cs").Select(Repository.Read))
        {
            var constants = Constants().Matches(text).ToDictionary(found => found.Groups[1].Value, found => found.Groups[2].Value);
            foreach (var made in Instruments().Matches(text).Where(made => constants.ContainsKey(made.Groups[2].Value)))
            {
                var unit = Unit().Match(text, made.Index).Groups[1].Value;
                var (kind, name) = (made.Groups[1].Value, constants[made.Groups[2].Value]);
                foreach (var translated in Translate(name, kind == "Durations" ? "s" : unit, kind))
                {
                    yield return translated;
                }
            }
        }
    }

    public static IEnumerable<string> Sidecar()
    {
        foreach (var text in Repository.Files("sidecar/Metrics", ".cs").Select(Repository.Read))
        {
            foreach (Match made in Families().Matches(text))
            {
                string[] names = made.Groups[2].Value.Contains("{kind}", StringComparison.Ordinal)
                    ? [.. KindsOf(text).Select(kind => made.Groups[2].Value.Replace("{kind}", kind, StringComparison.Ordinal))]
                    : [made.Groups[2].Value];
                foreach (var name in names)
                {
                    yield return $"dapr_{name}";
                    if (made.Groups[1].Value is "Latency" or "Histogram")
                    {
                        yield return $"dapr_{name}_bucket";
                        yield return $"dapr_{name}_sum";
                        yield return $"dapr_{name}_count";
                    }
                }
            }
        }
    }

    /// <summary>Asked of a server and a client that run.</summary>
    private static async Task<IReadOnlyList<string>> RuntimeAsync()
    {
        var names = new List<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (RuntimeMeters.Contains(instrument.Meter.Name))
            {
                lock (names)
                {
                    names.AddRange(Translate(instrument.Name, instrument.Unit ?? "", Kind(instrument)));
                }
            }
        };
        listener.Start();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var server = builder.Build();
        await server.StartAsync();
        using var client = new HttpClient();
        using var answer = await client.GetAsync(new Uri(server.Urls.Single()));
        lock (names)
        {
            return [.. names];
        }
    }

    private static string Kind(Instrument instrument) => instrument.GetType().Name.Split('`')[0];

    private static IEnumerable<string> Translate(string name, string unit, string kind)
    {
        var translated = name.Replace('.', '_');
        var suffix = unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        translated += translated.EndsWith(suffix, StringComparison.Ordinal) ? "" : suffix;
        return kind switch
        {
            "Counter" or "ObservableCounter" => [$"{translated}_total"],
            "Histogram" or "Durations" => [$"{translated}_bucket", $"{translated}_sum", $"{translated}_count"],
            _ => [translated],
        };
    }

    private static IEnumerable<string> KindsOf(string text) =>
        Kinds().Match(text).Groups[1].Value.Split(',').Select(kind => kind.Trim(' ', '"'));

    [GeneratedRegex("const string (\\w+) = \"(shop\\.[a-z.]+)\"")]
    private static partial Regex Constants();

    [GeneratedRegex("Create(Counter|Histogram|ObservableCounter|ObservableGauge|Durations)(?:<\\w+>)?\\(\\s*(\\w+),")]
    private static partial Regex Instruments();

    [GeneratedRegex("\"(s|\\{\\w+\\})\",")]
    private static partial Regex Unit();

    [GeneratedRegex("families\\.(Counter|Gauge|Latency|Histogram)\\(\\$?\"([a-z_{}]+)\"")]
    private static partial Regex Families();

    [GeneratedRegex("Kinds = \\[([^\\]]*)\\]")]
    private static partial Regex Kinds();
}

using System.Globalization;
using DaprShop.Benchmarks.Drivers;

const string Usage =
    """
    usage: bench drivers [state.redis|pubsub.redis|pubsub.rabbitmq|pubsub.kafka ...] [flags]

          --seconds N    of each measurement (default 2)
          --runs N       of each measurement; the median counts (default 3)
          --json FILE    writes the figures there too
    """;

var components = new List<string>();
var (seconds, runs) = (2.0, 3);
string? file = null;
var problems = new List<string>();
if (args is not ["drivers", ..])
{
    Console.Error.WriteLine(Usage);
    return 2;
}

for (var n = 1; n < args.Length; n++)
{
    switch (args[n])
    {
        case "--seconds" when n + 1 < args.Length && double.TryParse(args[n + 1], CultureInfo.InvariantCulture, out seconds) && seconds is > 0 and < 3600:
        case "--runs" when n + 1 < args.Length && int.TryParse(args[n + 1], CultureInfo.InvariantCulture, out runs) && runs > 0:
            n++;
            break;
        case "--json" when n + 1 < args.Length:
            file = args[++n];
            break;
        case var component when DriverComparison.Components.Contains(component):
            components.Add(component);
            break;
        default:
            problems.Add($"error: '{args[n]}' is not understood here, or its value is missing or wrong");
            break;
    }
}

if (problems.Count > 0)
{
    problems.ForEach(Console.Error.WriteLine);
    Console.Error.WriteLine(Usage);
    return 2;
}

#if DEBUG
Console.Error.WriteLine("warning: built for debugging; figures count with: dotnet run -c Release --project tests/Benchmarks -- drivers");
#endif
await DriverComparison.RunAsync(components, TimeSpan.FromSeconds(seconds), runs, file);
return 0;

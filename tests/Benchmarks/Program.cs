using System.Globalization;
using DaprShop.Benchmarks.Blocks;
using DaprShop.Benchmarks.Drivers;
using DaprShop.Benchmarks.Sale;

const string Usage =
    """
    usage: bench drivers [state.redis|pubsub.redis|pubsub.rabbitmq|pubsub.kafka ...] [flags]
           bench blocks [flags]

          --seconds N    of each measurement (default 2)
          --runs N       of each measurement; the median counts (default 3)
          --json FILE    writes the figures there too
          --only TEXT    blocks only: those whose name holds the text, and the direct call
          --soak N       blocks only: afterwards N minutes of all of them at once, with the sidecar's memory

    """ + SaleOptions.Usage;

var components = new List<string>();
var (seconds, runs, soak) = (2.0, 3, 0);
string? file = null;
var only = "";
var problems = new List<string>();
var command = args.FirstOrDefault();
if (command == "app" && args is [_, var port])
{
    // Started by "blocks" as an app of its launcher.
    await using var app = await BenchApp.StartAsync(int.Parse(port, CultureInfo.InvariantCulture), new Arrivals());
    await app.WaitForEndAsync();
    return 0;
}

if (command == "hello" && args is [_, var helloPort])
{
    await HelloTaker.ServeAsync(int.Parse(helloPort, CultureInfo.InvariantCulture));
    return 0;
}

if (command == "naive" && args is [_, var naivePort, var sidecarPort, var key])
{
    await NaiveTaker.ServeAsync(int.Parse(naivePort, CultureInfo.InvariantCulture), int.Parse(sidecarPort, CultureInfo.InvariantCulture), key);
    return 0;
}

if (command is "accept" or "soldout" or "tail" or "soak" or "race" or "scale")
{
    var options = SaleOptions.Parse(args[1..], problems);
    if (options.Doors.Count == 0 && (command != "accept" || options.Peers.Count == 0))
    {
        problems.Add("error: '--door none' leaves nothing to measure; it is for 'accept' with peers");
    }

    if (command == "scale" && options.Strategies.Contains(RaceBench.Naive))
    {
        problems.Add("error: '--strategies naive' has no replicas; it is for 'race'");
    }

    if (problems.Count > 0)
    {
        problems.ForEach(Console.Error.WriteLine);
        Console.Error.WriteLine(Usage);
        return 2;
    }

    WarnOfDebug();
    await (command switch
    {
        "accept" => SaleBench.AcceptAsync(options),
        "soldout" => SaleBench.SoldOutAsync(options),
        "soak" => SoakBench.RunAsync(options),
        "race" => RaceBench.RunAsync(options),
        "scale" => ScaleBench.RunAsync(options),
        _ => SaleBench.TailAsync(options),
    });
    return 0;
}

if (command is not ("drivers" or "blocks"))
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
        case "--soak" when command == "blocks" && n + 1 < args.Length && int.TryParse(args[n + 1], CultureInfo.InvariantCulture, out soak) && soak >= 0:
            n++;
            break;
        case "--only" when command == "blocks" && n + 1 < args.Length:
            only = args[++n];
            break;
        case "--json" when n + 1 < args.Length:
            file = args[++n];
            break;
        case var component when command == "drivers" && DriverComparison.Components.Contains(component):
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

WarnOfDebug();
await (command == "drivers"
    ? DriverComparison.RunAsync(components, TimeSpan.FromSeconds(seconds), runs, file)
    : BlockComparison.RunAsync(TimeSpan.FromSeconds(seconds), runs, TimeSpan.FromMinutes(soak), only, file));
return 0;

static void WarnOfDebug()
{
#if DEBUG
    Console.Error.WriteLine("warning: built for debugging; figures count with: dotnet run -c Release --project tests/Benchmarks -- ...");
#endif
}

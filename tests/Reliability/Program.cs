using System.Globalization;
using System.Runtime.InteropServices;
using DaprShop.Reliability.Checking;
using DaprShop.Reliability.Drills;
using DaprShop.Reliability.Runs;
using DaprShop.TestKit.Shop;

const string Usage =
    """
    usage: dotnet run --project tests/Reliability -- kill-loop [--kills N] [--seed S] [--stack embedded|redis|rabbitmq|kafka] [--no-server-kills]
                  [--per-round N] [--customers N] [--save-world FILE] [--json]
           dotnet run --project tests/Reliability -- drill ID [--seed S] [--stack embedded|redis|rabbitmq|kafka] [--json]
           dotnet run --project tests/Reliability -- drill all [--seed S] [--stack embedded|redis|rabbitmq|kafka] [--results FILE] [--resume] [--json]
           dotnet run --project tests/Reliability -- drill list
           dotnet run --project tests/Reliability -- check WORLD.json

      kill-loop   real shops under load and kill -9, until N landed (default 50); judged at rest, from the stores
      drill       one scripted fault on a shop under load, judged alike
      drill all   every drill on every set of its row, or on one set; goes on after a failure, ends with a table. Each result is also appended to
                  FILE (default artifacts/reliability/drills.jsonl); --resume leaves out what holds by the last line about it there
      check       judges a world that a run has kept

    exit codes: 0 every invariant holds, 1 the run failed before it was judged, 2 usage, 3 not valid (too few faults landed or orders accepted), 4 an invariant broke
    """;

// A terminal's Ctrl+C, or a stop from outside: every process that was started ends before this one does.
using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);

OwnNetwork.StopWithStarter(stop);
try
{
    return args.FirstOrDefault() switch
    {
        "kill-loop" => await KillLoopAsync(args[1..]),
        "drill" when args is [_, "list"] => ListDrills(),
        "drill" when args is [_, "all", ..] => await DrillAllAsync(args[2..]),
        "drill" when args is [_, var id, ..] => await DrillAsync(id, args[2..]),
        "check" when args is [_, var file] => Check(file),
        _ => Refuse(null),
    };
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.Error.WriteLine("stopped");
    return 130;
}
catch (Exception failure) when (failure is InvalidOperationException or TimeoutException or IOException or HttpRequestException)
{
    // Such as a shop that did not start: nothing was judged.
    Console.Error.WriteLine($"error: {failure}");
    return Verdict.Failed;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}

async Task<int> KillLoopAsync(string[] flags)
{
    var options = new KillLoopOptions(50, Environment.TickCount & 0xFFFFFF, "embedded");
    var json = false;
    for (var n = 0; n < flags.Length; n++)
    {
        var value = n + 1 < flags.Length ? flags[n + 1] : "";
        switch (flags[n])
        {
            case "--kills" when Number(value) is { } kills:
                (options, n) = (options with { Kills = kills }, n + 1);
                break;
            case "--seed" when Number(value) is { } seed:
                (options, n) = (options with { Seed = seed }, n + 1);
                break;
            case "--per-round" when Number(value) is { } perRound:
                (options, n) = (options with { KillsPerRound = perRound }, n + 1);
                break;
            case "--customers" when Number(value) is { } customers:
                (options, n) = (options with { Customers = customers }, n + 1);
                break;
            case "--stack" when value is "embedded" or "redis" or "rabbitmq" or "kafka":
                (options, n) = (options with { Stack = value }, n + 1);
                break;
            case "--save-world" when value.Length > 0:
                (options, n) = (options with { SaveWorld = value }, n + 1);
                break;
            case "--no-server-kills":
                options = options with { KillsServers = false };
                break;
            case "--json":
                json = true;
                break;
            default:
                return Refuse(flags[n]);
        }
    }

    return Report(await KillLoop.RunAsync(options, Console.Error.WriteLine, stop.Token), json);
}

async Task<int> DrillAsync(string id, string[] flags)
{
    if (DrillBook.Find(id) is not { } drill)
    {
        Console.Error.WriteLine($"error: there is no drill '{id}'; 'drill list' names them");
        return 2;
    }

    var options = new DrillOptions(drill, Environment.TickCount & 0xFFFFFF, drill.Stacks[0]);
    var json = false;
    for (var n = 0; n < flags.Length; n++)
    {
        var value = n + 1 < flags.Length ? flags[n + 1] : "";
        switch (flags[n])
        {
            case "--seed" when Number(value) is { } seed:
                (options, n) = (options with { Seed = seed }, n + 1);
                break;
            case "--stack" when drill.Stacks.Contains(value):
                (options, n) = (options with { Stack = value }, n + 1);
                break;
            case "--json":
                json = true;
                break;
            default:
                return Refuse($"{flags[n]} {value}".Trim());
        }
    }

    return Report(await DrillRun.RunAsync(options, Console.Error.WriteLine, stop.Token), json);
}

async Task<int> DrillAllAsync(string[] flags)
{
    var options = new WholeBookOptions(Environment.TickCount & 0xFFFFFF, null, Path.Combine(Checkout.Root, "artifacts", "reliability", "drills.jsonl"), Resume: false);
    var json = false;
    for (var n = 0; n < flags.Length; n++)
    {
        var value = n + 1 < flags.Length ? flags[n + 1] : "";
        switch (flags[n])
        {
            case "--seed" when Number(value) is { } seed:
                (options, n) = (options with { Seed = seed }, n + 1);
                break;
            case "--stack" when value is "embedded" or "redis" or "rabbitmq" or "kafka":
                (options, n) = (options with { Stack = value }, n + 1);
                break;
            case "--results" when value.Length > 0:
                (options, n) = (options with { ResultsFile = value }, n + 1);
                break;
            case "--resume":
                options = options with { Resume = true };
                break;
            case "--json":
                json = true;
                break;
            default:
                return Refuse(flags[n]);
        }
    }

    var results = await WholeBook.RunAsync(options, Console.Error.WriteLine, stop.Token);
    Console.WriteLine(json ? $"[{string.Join(",\n", results.Select(result => result.ToJson()))}]" : DrillResult.Table(results));
    return DrillResult.ExitCode(results);
}

static int ListDrills()
{
    foreach (var drill in DrillBook.All)
    {
        Console.WriteLine($"{drill.Id,-22} {drill.Row,-4} {string.Join(',', drill.Stacks),-31} {drill.Title}");
    }

    return Verdict.Ok;
}

static int Check(string file)
{
    var findings = Checker.Judge(World.FromJson(File.ReadAllText(file)));
    foreach (var finding in findings)
    {
        Console.WriteLine($"{finding.Kind}: {finding.Subject}: {finding.Detail}");
    }

    Console.WriteLine(findings.Count == 0 ? "holds" : $"{findings.Count} findings");
    return findings.Count == 0 ? Verdict.Ok : Verdict.Broken;
}

static int Report(Verdict verdict, bool json)
{
    Console.WriteLine(json ? verdict.ToJson() : verdict.ToText());
    return verdict.ExitCode;
}

static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;

static int Refuse(string? flag)
{
    Console.Error.WriteLine(flag is null ? Usage : $"error: '{flag}' is not understood here, or its value is missing or wrong\n{Usage}");
    return 2;
}

using System.Text.RegularExpressions;

namespace DaprShop.Tests;

/// <summary>What product code may not say, outside the one file of each part that wraps it.</summary>
public sealed partial class SourceBanTests
{
    // Fresh ids and randomness: one wrapper for each part that shares no code with the others.
    private static readonly string[] IdSources =
    [
        "services/service-defaults/Ids/IdSource.cs",
        "sidecar/RandomId.cs",
        "sdk/Dapr.Workflow/Client/InstanceIds.cs",
        "sdk/Dapr.Actors/Runtime/FreshNames.cs",
    ];

    private static readonly string[] RandomSources = ["sidecar/Resiliency/Jitter.cs"];

    private static readonly (string Name, Regex Pattern, string[] Wrappers)[] Bans =
    [
        ("the system clock", SystemClock(), []),
        ("a fresh Guid", FreshGuid(), IdSources),
        ("randomness", Randomness(), RandomSources),
        ("a blocking sleep", Sleep(), []),
        ("a blocking wait", BlockingWait(), []),
        ("async void", AsyncVoid(), []),
    ];

    public static TheoryData<string> Names => [.. Bans.Select(ban => ban.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Source_OutsideItsWrapper_DoesNotUse(string name)
    {
        var (_, pattern, wrappers) = Bans.Single(ban => ban.Name == name);

        var uses = Sources().Where(file => !wrappers.Contains(file)).SelectMany(file => Uses(file, CSharpText.CodeOf(Repository.Read(file)), pattern));

        Assert.True(!uses.Any(), string.Join('\n', uses));
    }

    [Fact]
    public void Wrappers_AllOfThem_AreStillNeeded()
    {
        var idle = Bans.SelectMany(ban => ban.Wrappers.Where(file => !File.Exists(Repository.PathTo(file)) || !ban.Pattern.IsMatch(CSharpText.CodeOf(Repository.Read(file)))));

        Assert.Empty(idle);
    }

    [Fact]
    public void Delay_Everywhere_IsByAnInjectedClock()
    {
        var uses = Sources().SelectMany(file => Uses(file, CSharpText.CodeOf(Repository.Read(file)), DelayWithoutClock()));

        Assert.True(!uses.Any(), string.Join('\n', uses));
    }

    [Fact]
    public void Catch_Everywhere_DoesSomethingOrSaysWhyNot()
    {
        var uses = Sources().SelectMany(file => Uses(file, CSharpText.CodeAndCommentsOf(Repository.Read(file)), EmptyCatch()));

        Assert.True(!uses.Any(), string.Join('\n', uses));
    }

    [Fact]
    public void Money_InServices_IsNeverAFraction()
    {
        var uses = Repository.Files("services", ".cs").SelectMany(file => Uses(file, CSharpText.CodeOf(Repository.Read(file)), FractionalMoney()));

        Assert.True(!uses.Any(), string.Join('\n', uses));
    }

    [Fact]
    public void Workflows_InServices_TouchNothingButTheirContext()
    {
        var uses = Repository.Files("services", ".cs")
            .Select(file => (File: file, Code: CSharpText.CodeOf(Repository.Read(file))))
            .Where(source => WorkflowClass().IsMatch(source.Code))
            .SelectMany(source => Uses(source.File, source.Code, NotDeterministic()));

        Assert.True(!uses.Any(), string.Join('\n', uses));
    }

    [Theory]
    [InlineData("var now = DateTime.UtcNow;", true)]
    [InlineData("var now = clock.GetUtcNow();", false)]
    public void SystemClock_Pattern_Meets(string code, bool banned) => Assert.Equal(banned, SystemClock().IsMatch(code));

    [Theory]
    [InlineData("task.Result", true)]
    [InlineData("LoadAsync(id).Result", true)]
    [InlineData("work.Wait()", true)]
    [InlineData("x.GetAwaiter().GetResult()", true)]
    [InlineData("decision.Result", false)]
    [InlineData("Events.Wait(eventName)", false)]
    public void BlockingWait_Pattern_Meets(string code, bool banned) => Assert.Equal(banned, BlockingWait().IsMatch(code));

    [Theory]
    [InlineData("await Task.Delay(100, cancellationToken);", true)]
    [InlineData("await Task.Delay(TimeSpan.FromSeconds(1));", true)]
    [InlineData("await Task.Delay(Pause, clock, cancellationToken);", false)]
    [InlineData("await Task.Delay(Pause * Math.Min(attempt, 25), _clock, cancellationToken);", false)]
    [InlineData("await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stopping);", false)]
    public void Delay_Pattern_Meets(string code, bool banned) => Assert.Equal(banned, DelayWithoutClock().IsMatch(code));

    [Theory]
    [InlineData("catch (IOException)\n{\n}", true)]
    [InlineData("catch { }", true)]
    [InlineData("catch (IOException) { /* gone already */ }", false)]
    [InlineData("catch (IOException e) when (e.HResult == 1) { Log(); }", false)]
    public void EmptyCatch_Pattern_Meets(string code, bool banned) => Assert.Equal(banned, EmptyCatch().IsMatch(code));

    private static IEnumerable<string> Sources() =>
        new[] { "services", "sidecar", "sdk" }.SelectMany(folder => Repository.Files(folder, ".cs"));

    private static IEnumerable<string> Uses(string file, string code, Regex pattern) =>
        pattern.Matches(code).Select(match => $"{file}:{1 + code.AsSpan(0, match.Index).Count('\n')}: {match.Value.Trim()}");

    [GeneratedRegex(@"\bDateTime(Offset)?\s*\.\s*(UtcNow|Now|Today)\b")]
    private static partial Regex SystemClock();

    [GeneratedRegex(@"\bGuid\s*\.\s*(NewGuid|CreateVersion7)\s*\(|\bRandomNumberGenerator\s*\.\s*Fill\s*\(")]
    private static partial Regex FreshGuid();

    [GeneratedRegex(@"\bRandom\s*\.\s*Shared\b|\bnew\s+Random\s*\(")]
    private static partial Regex Randomness();

    [GeneratedRegex(@"\bThread\s*\.\s*(Sleep|SpinWait)\s*\(")]
    private static partial Regex Sleep();

    // Result is a fair name for other things, so only a task's is meant: of a call, or of something named a task.
    [GeneratedRegex(@"Async\s*\([^()]*\)\s*\.\s*Result\b|\b\w*[tT]ask\s*\.\s*Result\b|\.\s*Wait\s*\(\s*\)|\bTask\s*\.\s*Wait(All|Any)\s*\(|\.\s*GetAwaiter\s*\(\s*\)\s*\.\s*GetResult\s*\(")]
    private static partial Regex BlockingWait();

    [GeneratedRegex(@"\basync\s+void\b")]
    private static partial Regex AsyncVoid();

    // A call whose arguments, one level of brackets deep, name no clock.
    [GeneratedRegex(@"\bTask\s*\.\s*Delay\s*\((?:(?!\b_?(clock|time|timeProvider)\b|\bTimeProvider\b)(?:[^()]|\((?:[^()]|\([^()]*\))*\)))*\)", RegexOptions.IgnoreCase)]
    private static partial Regex DelayWithoutClock();

    [GeneratedRegex(@"\bcatch\b\s*(\([^()]*\)\s*)?\{\s*\}")]
    private static partial Regex EmptyCatch();

    [GeneratedRegex(@"\b(double|float|decimal)\??\s+\w*(price|amount|total|money|cost|fee|minor|refund|payment|balance)\w*", RegexOptions.IgnoreCase)]
    private static partial Regex FractionalMoney();

    [GeneratedRegex(@":\s*Workflow\s*<")]
    private static partial Regex WorkflowClass();

    [GeneratedRegex(@"\bTask\s*\.\s*(Run|Delay)\b|\bEnvironment\s*\.|\b(HttpClient|DaprClient|TimeProvider|IConfiguration|Stopwatch)\b|\bFile\s*\.")]
    private static partial Regex NotDeterministic();
}

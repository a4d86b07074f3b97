using Sidecar.Launcher;

namespace DaprShop.Tests.Launcher;

public sealed class LauncherTextTests
{
    [Theory]
    [InlineData("  order -> /shop/artifacts/bin/order/debug/Order.dll", "order")]
    [InlineData("  Determining projects to restore...", null)]
    [InlineData("  Restored /shop/order.csproj (in 1 s).", null)]
    public void ProjectBuilt_OfABuildLine_NamesTheProject(string line, string? expected)
    {
        Assert.Equal(expected, SolutionBuild.ProjectBuilt(line));
    }

    [Theory]
    [InlineData("/shop/A.cs(3,5): error CS1002: ; expected [/shop/a.csproj]", true)]
    [InlineData("MSBUILD : error MSB1009: Project file does not exist.", true)]
    [InlineData("/shop/A.cs(3,5): warning CS0168: unused [/shop/a.csproj]", false)]
    [InlineData("    0 Error(s)", false)]
    public void IsError_OfABuildLine_TellsErrorsFromTheRest(string line, bool expected)
    {
        Assert.Equal(expected, SolutionBuild.IsError(line));
    }

    [Theory]
    [InlineData(1, "ended with exit code 1")]
    [InlineData(137, "was ended by SIGKILL")]
    [InlineData(126, "'node' could not be run")]
    public void ExitDescription_OfACode_SaysWhatHappened(int code, string expected)
    {
        Assert.Equal(expected, ExitDescription.Of(code, "node"));
    }

    [Fact]
    public void RestartDelay_AppDiesYoungAgainAndAgain_DoublesUpToFiveSecondsAndForgets()
    {
        var delay = new RestartDelay();
        var young = TimeSpan.FromSeconds(1);

        var pauses = Enumerable.Range(0, 8).Select(_ => delay.After(young).TotalMilliseconds).ToList();
        var afterAGoodLife = delay.After(TimeSpan.FromSeconds(10)).TotalMilliseconds;

        Assert.Equal([100, 200, 400, 800, 1600, 3200, 5000, 5000], pauses);
        Assert.Equal(100, afterAGoodLife);
        Assert.Equal(200, delay.After(young).TotalMilliseconds);
    }

    [Fact]
    public void List_Rows_AreAlignedBelowTheirHeadings()
    {
        var now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

        var table = ListCommand.TableOf([new ListRow("order", 3502, 50103, 8082, 4711, 4700, null, now.AddSeconds(-75))], now);

        Assert.Equal(
            "APP ID  HTTP PORT  GRPC PORT  APP PORT  AGE    PID   LAUNCHER PID  RUN FILE\n"
            + "order   3502       50103      8082      1m15s  4711  4700          stdin",
            table);
    }

    [Fact]
    public void Console_InAPipe_WritesEveryLinePlainly()
    {
        var text = new StringWriter();
        using var console = new LaunchConsole(text, terminal: false, colour: false, appLines: true, TimeProvider.System);

        Assert.Null(console.ShowRows(() => ["never seen"]));
        console.AppLine("order", "hello", null);
        console.DaprdLine("order", "sidecar line");
        console.Warning("careful");

        Assert.Equal("== APP - order == hello\n== DAPRD - order == sidecar line\nwarning: careful\n", text.ToString().ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Console_WithColour_GivesEachAppItsOwn()
    {
        var text = new StringWriter();
        using var console = new LaunchConsole(text, terminal: true, colour: true, appLines: true, TimeProvider.System);

        console.AppLine("order", "a", null);
        console.AppLine("stock", "b", null);
        console.AppLine("order", "c", null);

        Assert.Equal(
            "\e[94m== APP - order ==\e[0m a\n\e[92m== APP - stock ==\e[0m b\n\e[94m== APP - order ==\e[0m c\n",
            text.ToString().ReplaceLineEndings("\n"));
    }

    [Fact]
    public void AppLog_PartsOfLines_AreJoinedAndTheNewestRemembered()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "logs", "order.log");
        using (var log = new AppLog(path, LogDestination.File, _ => { }))
        {
            log.Write("one ");
            log.Write("and\ntwo\n");
            log.WriteLine("three");

            Assert.Equal(["one and", "two", "three"], log.TellingLines);
        }

        Assert.Equal(["one and", "two", "three"], File.ReadAllLines(path));
    }

    [Fact]
    public void AppLog_AfterACrash_TellsTheMessageNotTheEndOfTheStack()
    {
        using var log = new AppLog("unused", LogDestination.Console, _ => { });
        foreach (var line in new[] { "starting", "Unhandled exception. System.IO.IOException: disk full" }.Concat(Enumerable.Range(0, 40).Select(frame => $"   at Frame{frame}()")))
        {
            log.Append(line);
        }

        Assert.Equal("Unhandled exception. System.IO.IOException: disk full", log.TellingLines[0]);
        Assert.Equal("   at Frame13()", log.TellingLines[^1]);
    }
}

using Sidecar.Cli;

namespace DaprShop.Tests.Cli;

public sealed class FlagSetTests
{
    private static readonly FlagSet Flags = new(
        new Flag("app-port", FlagKind.Port),
        new Flag("app-max-concurrency", FlagKind.Number),
        new Flag("enable-api-logging", FlagKind.Switch),
        new Flag("max-body-size", FlagKind.Size),
        new Flag("wait-for", FlagKind.Duration),
        new Flag("config", FlagKind.List),
        new Flag("mode", FlagKind.Text) { Choices = ["standalone"], Short = "m" });

    [Theory]
    [InlineData("-app-port=8080")]
    [InlineData("--app-port=8080")]
    [InlineData("-app-port", "8080")]
    [InlineData("--app-port", "8080")]
    public void Parse_OneOrTwoDashesEqualsOrSpace_ReadsTheValue(params string[] args)
    {
        var parsed = Flags.Parse(args);

        Assert.Empty(parsed.Errors);
        Assert.Equal(8080, parsed.Number("app-port"));
    }

    [Fact]
    public void Parse_ValueThatBeginsWithADash_IsTheValue()
    {
        var parsed = Flags.Parse(["--app-max-concurrency", "-1", "--enable-api-logging"]);

        Assert.Equal(-1, parsed.Number("app-max-concurrency"));
        Assert.True(parsed.Switch("enable-api-logging"));
    }

    [Fact]
    public void Parse_BareSwitch_DoesNotTakeTheNextWord()
    {
        var parsed = Flags.Parse(["--enable-api-logging", "false"]);

        Assert.True(parsed.Switch("enable-api-logging"));
        Assert.Equal(["false"], parsed.Arguments);
    }

    [Theory]
    [InlineData("--enable-api-logging=false", false)]
    [InlineData("--enable-api-logging=T", true)]
    [InlineData("--enable-api-logging=0", false)]
    public void Parse_SwitchWithValue_ReadsGoBooleans(string arg, bool expected)
    {
        Assert.Equal(expected, Flags.Parse([arg]).Switch("enable-api-logging"));
    }

    [Fact]
    public void Parse_RepeatedAndCommaSeparated_JoinsInOrder()
    {
        var parsed = Flags.Parse(["--config", "a.yaml,b.yaml", "--config=c.yaml"]);

        Assert.Equal(["a.yaml", "b.yaml", "c.yaml"], parsed.List("config"));
    }

    [Fact]
    public void Parse_SeveralMistakes_ReportsAllOfThem()
    {
        var parsed = Flags.Parse(["--app-prot=1", "--app-port=eighty", "--max-body-size=4Q", "--wait-for=5", "-m", "kubernetes", "--config"]);

        Assert.Equal(
            [
                "unknown flag: --app-prot; did you mean 'app-port'?",
                "invalid value \"eighty\" for --app-port: a port between 0 and 65535 is needed",
                "invalid value \"4Q\" for --max-body-size: a size such as 4Mi or 65536 is needed",
                "invalid value \"5\" for --wait-for: a duration such as 500ms, 10s or 1h30m is needed",
                "invalid value \"kubernetes\" for --mode: one of standalone is needed",
                "flag needs an argument: --config",
            ],
            parsed.Errors);
    }

    [Fact]
    public void Parse_AfterTwoDashes_EverythingIsAnArgument()
    {
        var parsed = Flags.Parse(["--app-port", "1", "--", "--app-port", "2"]);

        Assert.Equal(1, parsed.Number("app-port"));
        Assert.Equal(["--app-port", "2"], parsed.Arguments);
    }
}

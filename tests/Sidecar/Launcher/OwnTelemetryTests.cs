using Sidecar.Launcher;

namespace DaprShop.Tests.Launcher;

public sealed class OwnTelemetryTests
{
    private static readonly Uri Receiver = new("http://127.0.0.1:4318/");

    [Theory]
    [InlineData("", "", true)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318", false)]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://collector:4318/v1/traces", false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "", true)]
    [InlineData("OTEL_SDK_DISABLED", "True", false)]
    [InlineData("OTEL_SDK_DISABLED", "false", true)]
    public void IsWanted_ByEnvironment_UnlessSomebodyChoseOtherwise(string name, string value, bool expected)
    {
        Assert.Equal(expected, OwnTelemetry.IsWanted(new RunFlags(), asked => asked == name ? value : null));
    }

    [Fact]
    public void IsWanted_WithTheFlag_IsNot() => Assert.False(OwnTelemetry.IsWanted(new RunFlags { NoReceiver = true }, _ => null));

    [Fact]
    public void Environment_OfAnApp_NamesTheReceiverAndTheDelaysOfTheUser()
    {
        var environment = OwnTelemetry.WithReceiver(
            new Dictionary<string, string> { ["APP_ID"] = "order" }, Receiver, name => name == "OTEL_BSP_SCHEDULE_DELAY" ? "200" : null);

        Assert.Equal(
            ["APP_ID=order", "OTEL_BLRP_SCHEDULE_DELAY=1000", "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"],
            environment.Select(pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")]
    [InlineData("OTEL_SDK_DISABLED", "true")]
    public void Environment_OfAnAppThatSaysWhereTo_IsLeftAsItIs(string name, string value)
    {
        var environment = new Dictionary<string, string> { [name] = value };

        Assert.Equal(environment, OwnTelemetry.WithReceiver(environment, Receiver, _ => null));
    }
}

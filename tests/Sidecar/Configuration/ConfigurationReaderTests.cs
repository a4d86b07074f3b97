using Sidecar.Configuration;

namespace DaprShop.Tests.Configuration;

public sealed class ConfigurationReaderTests
{
    [Fact]
    public void Read_SeveralFiles_MergeMemberByMember()
    {
        var setup = new ReaderSetup { ConfigFiles = ["1.cfg", "2.cfg"], Environment = new() { ["RATE"] = "0.5", ["HOST"] = "collector" } };

        var loaded = LoadedResources.Load(
            setup,
            ("1.cfg", Document("""
                tracing: { samplingRate: "${RATE}", otel: { protocol: http, endpointAddress: "$HOST:4318", isSecure: false, headers: "a=b,c=d=e" } }
                features: [{ name: One, enabled: true }, { name: Two, enabled: true }]
                logging: { apiLogging: { enabled: true } }
              """)),
            ("2.cfg", Document("""
                tracing: { otel: { isSecure: true } }
                features: [{ name: Two, enabled: false }]
                logging: { apiLogging: { omitHealthChecks: true } }
                mtls: { enabled: false }
              """)));

        var configuration = loaded.Resources.Configuration;
        Assert.Empty(loaded.Errors);
        Assert.Empty(loaded.Warnings);
        Assert.Equal("0.5", configuration.Tracing!.SamplingRate);
        Assert.Equal(("http", "collector:4318", true),
            (configuration.Tracing.Otel!.Protocol, configuration.Tracing.Otel.EndpointAddress, configuration.Tracing.Otel.IsSecure));
        Assert.Equal([("a", "b"), ("c", "d=e")], configuration.Tracing.Otel.Headers.Select(pair => (pair.Key, pair.Value)));
        Assert.Equal([("One", true), ("Two", false)], configuration.Features.Select(pair => (pair.Key, pair.Value)).Order());
        Assert.True(configuration.ApiLogging);
        Assert.True(configuration.OmitHealthChecksFromApiLog);
    }

    [Fact]
    public void Load_AConfigurationInTheResourceFolder_IsIgnored()
    {
        var loaded = LoadedResources.Load(("config.yaml", Document("  tracing: { samplingRate: \"1\" }")));

        Assert.Null(loaded.Resources.Configuration.Tracing);
    }

    [Fact]
    public void Read_Mistakes_AreAllReported()
    {
        var loaded = LoadedResources.Load(
            new ReaderSetup { ConfigFiles = ["bad.cfg", "missing.cfg"] },
            ("bad.cfg", Document("""
                tracing: { otel: { protocol: udp, headers: nothing } }
                features: [{ enabled: maybe }]
              """)));

        var errors = loaded.Errors.ToList();
        Assert.Equal(
            [
                "bad.cfg:6: spec.features[0].name: is required",
                "bad.cfg:6: spec.features[0].enabled: must be true or false, not 'maybe'",
                "bad.cfg:5: spec.tracing.otel.protocol: must be http or grpc, not 'udp'",
                "bad.cfg:5: spec.tracing.otel.headers: 'nothing' is not name=value",
            ],
            errors[..4]);
        Assert.StartsWith("missing.cfg: file: cannot be read: ", errors[4], StringComparison.Ordinal);
    }

    private static string Document(string spec) => $$"""
        apiVersion: dapr.io/v1alpha1
        kind: Configuration
        metadata: { name: c }
        spec:
        {{spec}}
        """;
}

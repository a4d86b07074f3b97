using Sidecar.Api;
using Sidecar.Configuration;

namespace DaprShop.Tests.Configuration;

public sealed class ApiAccessTests
{
    [Theory]
    [InlineData("/v1.0/state/{store}/{key}", "state v1", true)]
    [InlineData("/v1.0/state/{store}/{key}", "state v1alpha1", false)]
    [InlineData("/v1.0-alpha1/state/{store}/query", "state v1alpha1", true)]
    [InlineData("/v1.0-alpha1/state/{store}/query", "state v1", false)]
    [InlineData("/v1.0/publish/bulk/{pubsub}/{**topic}", "publish/bulk v1", true)]
    [InlineData("/v1.0/publish/{pubsub}/{**topic}", "publish/bulk v1", false)]
    [InlineData("/v1.0/healthz/outbound", "state v1", true)]
    [InlineData("/v1.0/metadata", "state v1", false)]
    [InlineData("/{**path}", "invoke v1", true)]
    [InlineData("/{**path}", "state v1", false)]
    public void AllowsRoute_OneAllowedApi_ItsRoutesAndHealthAlone(string route, string allowed, bool expected)
    {
        var access = new ApiAccess(new ApiAccessSpec([Rule(allowed, "http")], []));

        Assert.Equal(expected, access.AllowsRoute(route));
    }

    [Fact]
    public void Denied_WinsOverAllowed_AndEachProtocolStandsAlone()
    {
        var access = new ApiAccess(new ApiAccessSpec([Rule("state v1", "http"), Rule("secrets v1", "http")], [Rule("state v1", "http"), Rule("state v1", "grpc")]));

        Assert.False(access.AllowsRoute("/v1.0/state/{store}"));
        Assert.True(access.AllowsRoute("/v1.0/secrets/{store}/bulk"));
        Assert.False(access.AllowsMethod("GetState"));
        Assert.True(access.AllowsMethod("QueryStateAlpha1"));
        Assert.True(access.AllowsMethod("GetSecret"));
    }

    [Theory]
    [InlineData("InvokeService", "invoke.v1")]
    [InlineData("InvokeActor", "actors.v1")]
    [InlineData("GetActorState", "actors.v1")]
    [InlineData("ExecuteActorStateTransaction", "actors.v1")]
    [InlineData("SubscribeActorEventsAlpha1", "actors.v1alpha1")]
    [InlineData("ExecuteStateTransaction", "state.v1")]
    [InlineData("QueryStateAlpha1", "state.v1alpha1")]
    [InlineData("BulkPublishEventAlpha1", "publish.v1alpha1")]
    [InlineData("PublishEvent", "publish.v1")]
    [InlineData("InvokeBinding", "bindings.v1")]
    [InlineData("GetBulkSecret", "secrets.v1")]
    [InlineData("UnsubscribeConfigurationAlpha1", "configuration.v1alpha1")]
    [InlineData("SubscribeConfiguration", "configuration.v1")]
    [InlineData("TryLockAlpha1", "lock.v1alpha1")]
    [InlineData("UnlockAlpha1", "unlock.v1alpha1")]
    [InlineData("SubtleEncryptAlpha1", "subtlecrypto.v1alpha1")]
    [InlineData("DecryptAlpha1", "crypto.v1alpha1")]
    [InlineData("StartWorkflowBeta1", "workflows.v1beta1")]
    [InlineData("PurgeWorkflowAlpha1", "workflows.v1alpha1")]
    [InlineData("DeleteJobsByPrefix", "jobs.v1")]
    [InlineData("SubscribeTopicEventsAlpha1", "subscribe.v1alpha1")]
    [InlineData("ConverseAlpha2", "conversation.v1alpha2")]
    [InlineData("SetMetadata", "metadata.v1")]
    [InlineData("Shutdown", "shutdown.v1")]
    public void GroupOf_AMethod_IsDaprs(string method, string expected)
    {
        var (name, version) = ApiAccess.GroupOf(method);

        Assert.Equal(expected, $"{name}.{version}");
    }

    [Fact]
    public void Read_EveryWayToWriteAVersion_IsTheGroupsOwn()
    {
        var loaded = LoadedResources.Load(
            new ReaderSetup { ConfigFiles = ["1.cfg", "2.cfg"] },
            ("1.cfg", ConfigurationText.Of("api: { allowed: [{ name: lock, version: v1.0-alpha1, protocol: HTTP }], denied: [{ name: jobs, version: v1, protocol: http }] }")),
            ("2.cfg", ConfigurationText.Of("api: { denied: [{ name: state, version: v1.0, protocol: grpc }] }")));

        Assert.Empty(loaded.Errors);
        Assert.Equal([new ApiRule("lock", "v1alpha1", "http")], loaded.Resources.Configuration.Api.Allowed);
        Assert.Equal([new ApiRule("state", "v1", "grpc")], loaded.Resources.Configuration.Api.Denied);
    }

    [Fact]
    public void Read_RulesThatNameNothing_AreAllReported()
    {
        var loaded = LoadedResources.Load(
            new ReaderSetup { ConfigFiles = ["1.cfg"] },
            ("1.cfg", ConfigurationText.Of("api: { allowed: [{ name: secret, version: v2, protocol: ftp }, { name: state }] }")));

        var errors = loaded.Errors.ToList();
        Assert.StartsWith("1.cfg:5: spec.api.allowed[0].name: 'secret' is not an API; did you mean 'secrets'?; known: actors, ", errors[0], StringComparison.Ordinal);
        Assert.Equal(
            [
                "1.cfg:5: spec.api.allowed[0].version: 'v2' is not a version of an API; known: v1, v1alpha1, v1alpha2, v1beta1",
                "1.cfg:5: spec.api.allowed[0].protocol: must be http or grpc, not 'ftp'",
                "1.cfg:5: spec.api.allowed[1].version: is required",
                "1.cfg:5: spec.api.allowed[1].protocol: is required",
            ],
            errors[1..]);
    }

    private static ApiRule Rule(string nameAndVersion, string protocol)
    {
        var parts = nameAndVersion.Split(' ');
        return new ApiRule(parts[0], parts[1], protocol);
    }
}

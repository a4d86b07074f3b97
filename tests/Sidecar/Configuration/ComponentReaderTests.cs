using Sidecar.Configuration;

namespace DaprShop.Tests.Configuration;

public sealed class ComponentReaderTests
{
    [Fact]
    public void Read_EveryMember_KeepsItAsWritten()
    {
        var loaded = LoadedResources.Load(("store.yaml", """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              name: store
            spec:
              type: state.redis
              version: v1
              ignoreErrors: true
              initTimeout: 1m30s
              metadata:
                - name: redisHost
                  value: localhost:6379
                - name: port
                  value: 007
                - name: flag
                  value: yes
                - name: nothing
                - name: map
                  value: { b: 1, a: [true, "1", 1.5, ~, text] }
                - name: password
                  secretKeyRef: { name: redis, key: pass }
                - name: user
                  secretKeyRef: { name: redis-user }
            auth:
              secretStore: vault
            ---
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: vault }
            spec: { type: secretstores.local.file }
            """));

        var store = loaded.Resources.Components[0];

        Assert.Empty(loaded.Errors);
        Assert.Empty(loaded.Warnings);
        Assert.Equal(("store", "state.redis", "v1", true, TimeSpan.FromSeconds(90), "vault"),
            (store.Name, store.Type, store.Version, store.IgnoreErrors, store.InitTimeout, store.SecretStore));
        Assert.Equal(
            [
                ("redisHost", "localhost:6379"), ("port", "007"), ("flag", "yes"), ("nothing", ""),
                ("map", """{"b":1,"a":[true,"1",1.5,null,"text"]}"""), ("password", ""), ("user", ""),
            ],
            store.Metadata.Select(item => (item.Name, item.Value)));
        Assert.Equal(new SecretReference("redis", "pass"), store.Metadata[5].Secret);
        Assert.Equal(new SecretReference("redis-user", "redis-user"), store.Metadata[6].Secret);
        var vault = loaded.Resources.Components[1];
        Assert.Equal(("v1", false, TimeSpan.FromSeconds(5)), (vault.Version, vault.IgnoreErrors, vault.InitTimeout));
    }

    [Fact]
    public void Read_Placeholders_AreFilledInValues()
    {
        var setup = new ReaderSetup { AppId = "order", Namespace = "shop", Environment = new() { ["POD_NAME"] = "pod-1" } };

        var loaded = LoadedResources.Load(setup, ("a.yaml", Component("""
            - { name: a, value: "{appID}-{podName}" }
            - { name: b, value: "{namespace}/{uuid}" }
            - { name: c, value: "{other}" }
            """)));

        Assert.Equal(
            ["order-pod-1", "shop.order/fresh-id", "{other}"],
            loaded.Resources.Components.Single().Metadata.Select(item => item.Value));
    }

    [Fact]
    public void Read_EnvRef_TakesTheVariableUnlessItIsTheSidecarsOwn()
    {
        var setup = new ReaderSetup { Environment = new() { ["REDIS"] = "r:1", ["DAPR_API_TOKEN"] = "secret", ["APP_API_TOKEN"] = "secret" } };

        var loaded = LoadedResources.Load(setup, ("a.yaml", Component("""
            - { name: a, envRef: REDIS }
            - { name: b, envRef: DAPR_API_TOKEN }
            - { name: c, envRef: APP_API_TOKEN }
            - { name: d, envRef: UNSET }
            """)));

        Assert.Equal(["r:1", "", "", ""], loaded.Resources.Components.Single().Metadata.Select(item => item.Value));
        Assert.Equal(
            [
                "a.yaml:9: spec.metadata[1].envRef: the environment variable 'DAPR_API_TOKEN' may not be read by a component",
                "a.yaml:10: spec.metadata[2].envRef: the environment variable 'APP_API_TOKEN' may not be read by a component",
            ],
            loaded.Errors);
        Assert.Equal(
            ["a.yaml:11: spec.metadata[3].envRef: the environment variable 'UNSET' is not set; the value is empty"], loaded.Warnings);
    }

    [Fact]
    public void Read_ManyMistakes_ReportsEachWithItsLineAndMember()
    {
        var loaded = LoadedResources.Load(("bad.yaml", """
            # one comment
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              nam: store
            spec:
              version: [v1]
              initTimeout: soon
              ignoreErrors: perhaps
              metadata:
                - value: x
                - name: a
                  value: 1
                  envRef: B
                - name: A
                  value: 2
                - name: s
                  secretKeyRef: { name: secret }
            """));

        Assert.Equal(
            [
                "bad.yaml:5: metadata.name: is required",
                "bad.yaml:7: spec.type: is required",
                "bad.yaml:7: spec.version: must be a single value",
                "bad.yaml:11: spec.metadata[0].name: is required",
                "bad.yaml:12: spec.metadata[1]: 'a' has more than one of value, secretKeyRef and envRef",
                "bad.yaml:15: spec.metadata[2].name: 'A' is given twice",
                "bad.yaml:18: spec.metadata[3].secretKeyRef: 's' needs auth.secretStore: there is no default secret store outside Kubernetes",
                "bad.yaml:9: spec.ignoreErrors: must be true or false, not 'perhaps'",
                "bad.yaml:8: spec.initTimeout: must be a duration such as 500ms, 5s or 1h30m, not 'soon'",
            ],
            loaded.Errors);
    }

    [Fact]
    public void Read_AMistypedMember_IsAWarningWithTheNearestName()
    {
        var loaded = LoadedResources.Load(("a.yaml", Component("[]").Replace("version: v1", "versoin: v1", StringComparison.Ordinal)));

        Assert.Empty(loaded.Errors);
        Assert.Equal(
            ["a.yaml:6: spec.versoin: is not a known member and is ignored; did you mean 'version'?"], loaded.Warnings);
    }

    private static string Component(string metadata) => $$"""
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: { name: a }
        spec:
          type: state.in-memory
          version: v1
          metadata:
        {{string.Join('\n', metadata.Split('\n').Select(line => $"    {line}"))}}
        """;
}

using YamlDotNet.RepresentationModel;

namespace DaprShop.Tests;

/// <summary>Services never know which component set runs, so the sets agree in everything but type and metadata.</summary>
public sealed class ComponentSetTests
{
    private const string OursAlone = "components/embedded";

    // The types that daprd 1.18 registers, as far as a set of this shop could want one.
    private static readonly HashSet<string> DaprdTypes =
    [
        "bindings.cron", "bindings.http", "bindings.kafka", "bindings.localstorage", "bindings.mqtt3", "bindings.postgresql", "bindings.rabbitmq",
        "bindings.redis", "bindings.smtp", "configuration.postgresql", "configuration.redis", "crypto.dapr.jwks", "crypto.dapr.localstorage",
        "lock.redis", "middleware.http.bearer", "middleware.http.opa", "middleware.http.ratelimit", "middleware.http.routeralias",
        "middleware.http.routerchecker", "pubsub.in-memory", "pubsub.jetstream", "pubsub.kafka", "pubsub.mqtt3", "pubsub.pulsar",
        "pubsub.rabbitmq", "pubsub.redis", "secretstores.hashicorp.vault", "secretstores.kubernetes", "secretstores.local.env",
        "secretstores.local.file", "state.cockroachdb", "state.etcd", "state.in-memory", "state.mongodb", "state.mysql", "state.postgresql",
        "state.redis", "state.sqlite",
    ];

    private static IReadOnlyList<string> Sets { get; } =
        [.. Directory.GetDirectories(Repository.PathTo("components")).Select(folder => "components/" + Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    [Fact]
    public void Sets_TheDefaultAndTheOfficialOne_AreThere()
    {
        Assert.Contains(OursAlone, Sets);
        Assert.Contains("components/redis", Sets);
    }

    [Fact]
    public void Sets_AllOfThem_HaveTheSameComponents() =>
        AssertSame(set => string.Join('\n', ResourceDocument.In(set).Select(document => $"{document.Kind} {document.Name}").Order(StringComparer.Ordinal)));

    [Fact]
    public void Sets_AllOfThem_HaveTheSameScopes() =>
        AssertSame(set => string.Join('\n', ResourceDocument.In(set)
            .Where(document => document.Kind == "Component")
            .Select(document => $"{document.Name}: {string.Join(',', document.Scopes)}")
            .Order(StringComparer.Ordinal)));

    [Fact]
    public void Subscriptions_InAllSets_AreByteIdentical() =>
        AssertSame(set => Convert.ToHexString(File.ReadAllBytes(Repository.PathTo(set + "/subscriptions.yaml"))));

    [Fact]
    public void Types_OfSetsThatDaprdReads_ExistInDaprd()
    {
        var unknown = Sets.Where(set => set != OursAlone)
            .SelectMany(ResourceDocument.In)
            .Where(document => document.Kind == "Component")
            .Select(document => document.Type)
            .Except(DaprdTypes);

        Assert.Equal([], unknown);
    }

    [Fact]
    public void ComponentNames_WithinASet_AreUnique() =>
        Assert.All(Sets, set =>
        {
            var names = ResourceDocument.In(set).Where(document => document.Kind == "Component").Select(document => document.Name).ToList();
            Assert.Equal(names.Distinct(), names);
        });

    [Fact]
    public void Scopes_Everywhere_NameAppsOfTheShop()
    {
        // Of all of it: the shop of dapr.yaml is part of the one that other languages join.
        var apps = Apps("dapr.polyglot.yaml");

        var strangers = Sets.SelectMany(ResourceDocument.In)
            .SelectMany(document => document.Scopes.Where(scope => !apps.Contains(scope)).Select(scope => $"{document.File}: {document.Name}: {scope}"));

        Assert.NotEmpty(apps);
        Assert.Empty(strangers);
    }

    [Fact]
    public void Subscriptions_OfWhatServicesPublish_HaveADeadLetterTopicOfTheirOwn()
    {
        foreach (var set in Sets)
        {
            var topics = Subscriptions(set).Where(subscription => !IsOfDeadLetters(subscription)).Select(DeadLetterTopic).ToList();

            Assert.NotEmpty(topics);
            Assert.DoesNotContain("", topics);
            Assert.Equal(topics.Count, topics.Distinct().Count());
        }
    }

    [Fact]
    public void Subscriptions_OfDeadLetters_AreOneForEachTopicTakeBytesAsTheyCameAndHaveNothingBehindThem()
    {
        foreach (var set in Sets)
        {
            var readers = Subscriptions(set).Where(IsOfDeadLetters).ToList();

            Assert.Equal(
                Subscriptions(set).Select(DeadLetterTopic).Where(topic => topic.Length > 0).Order(StringComparer.Ordinal),
                readers.Select(reader => reader.Text("spec", "topic")).Order(StringComparer.Ordinal));
            Assert.All(readers, reader => Assert.Equal(
                ("true", "", "order"), (reader.Text("spec", "metadata", "rawPayload"), DeadLetterTopic(reader), Assert.Single(reader.Scopes))));
        }
    }

    [Fact]
    public void Subscriptions_AllOfThem_NameAPubSubOfTheirSet() =>
        Assert.All(Sets, set =>
        {
            var pubsubs = ResourceDocument.In(set)
                .Where(document => document.Kind == "Component" && document.Type.StartsWith("pubsub.", StringComparison.Ordinal))
                .Select(document => document.Name)
                .ToHashSet();
            Assert.All(
                ResourceDocument.In(set).Where(document => document.Kind == "Subscription"),
                subscription => Assert.Contains(subscription.Text("spec", "pubsubname"), pubsubs));
        });

    [Fact]
    public void Swapping_RedisForRabbitMq_ChangesTheFileThatThePageShows()
    {
        var page = Repository.Read("docs/swapping.md");
        var shown = page[(page.IndexOf("@@\n", StringComparison.Ordinal) + 3)..page.LastIndexOf("```", StringComparison.Ordinal)].Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(Lines("components/redis/pubsub.yaml"), shown.Where(line => line[0] is ' ' or '-').Select(line => line[1..]));
        Assert.Equal(Lines("components/rabbitmq/pubsub.yaml"), shown.Where(line => line[0] is ' ' or '+').Select(line => line[1..]));
        Assert.All(
            Repository.Files("components/redis", ".yaml").Where(file => !file.EndsWith("/pubsub.yaml", StringComparison.Ordinal)),
            file => Assert.Equal(Repository.Read(file), Repository.Read(file.Replace("/redis/", "/rabbitmq/", StringComparison.Ordinal))));
    }

    private static List<ResourceDocument> Subscriptions(string set) =>
        [.. ResourceDocument.In(set).Where(document => document.Kind == "Subscription")];

    private static string DeadLetterTopic(ResourceDocument subscription) => subscription.Text("spec", "deadLetterTopic");

    private static bool IsOfDeadLetters(ResourceDocument subscription) =>
        Subscriptions(OursAlone).Exists(other => DeadLetterTopic(other) == subscription.Text("spec", "topic"));

    private static string[] Lines(string file) => Repository.Read(file).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static HashSet<string> Apps(string topology)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(Repository.Read(topology)));
        var apps = new ResourceDocument(topology, (YamlMappingNode)stream.Documents[0].RootNode).Find("apps");
        return [.. ((YamlSequenceNode)apps!).Cast<YamlMappingNode>().Select(app => app.Children[new YamlScalarNode("appID")].ToString())];
    }

    private static void AssertSame(Func<string, string> read) =>
        Assert.All(Sets, set => Assert.Equal(read(OursAlone), read(set)));
}

using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DaprShop.Tests.Manifests.Rendering;

namespace DaprShop.Tests.Manifests.Rules;

/// <summary>Components: the names and scopes of components/, secrets by reference, and the values that keep messages (components/README.md).</summary>
internal static partial class ComponentRules
{
    private static readonly HashSet<string> DaprdTypes =
    [
        "bindings.cron", "bindings.smtp", "configuration.redis", "lock.redis", "pubsub.kafka", "pubsub.rabbitmq", "pubsub.redis",
        "secretstores.local.file", "state.redis",
    ];

    /// <summary>Metadata that says where and how a server is reached: the only ones that may differ from components/.</summary>
    private static readonly HashSet<string> Whereabouts = new(
    [
        "redisHost", "redisPassword", "enableTLS", "hostname", "username", "password", "protocol", "brokers", "authType", "disableTls", "saslUsername",
        "saslPassword", "secretsFile", "host", "port",
        // Of our sidecar: daprd does not know it.
        "declaredSubscribers",
    ]);

    // L3 to L12, by type: what each must say.
    private static readonly Dictionary<string, (string Name, Func<string, bool> Safe, string Row)[]> Safe = new()
    {
        ["pubsub.redis"] =
        [
            ("processingTimeout", value => Durations.Seconds(value) >= 60, "L3"),
            ("redeliverInterval", value => Durations.Seconds(value) > 0, "L4"),
            ("maxLenApprox", value => value == "0", "L5"),
            ("streamTTL", value => value.Length == 0, "L5"),
        ],
        ["pubsub.rabbitmq"] =
        [
            ("deletedWhenUnused", value => value == "false", "L6"),
            ("durable", value => value == "true", "L7"),
            ("deliveryMode", value => value == "2", "L7"),
            ("queueType", value => value == "quorum", "L7"),
            ("requeueInFailure", value => value == "true", "L8"),
            ("enableDeadLetter", value => value == "true", "L8"),
            ("publisherConfirm", value => value == "true", "L9"),
            ("autoAck", value => value == "false", "L8"),
            ("prefetchCount", value => int.TryParse(value, out var count) && count > 0, "L8"),
        ],
        ["pubsub.kafka"] =
        [
            ("initialOffset", value => value == "oldest", "L11"),
            ("consumeRetryEnabled", value => value == "true", "L12"),
        ],
        ["state.redis"] =
        [
            // A document with a life of its own starts again at version 1 (L15).
            ("ttlInSeconds", value => value.Length == 0, "L15"),
            ("actorStateStore", value => value == "true", "actors"),
        ],
        ["configuration.redis"] = [("redisDB", value => value == "1", "L17")],
    };

    public static IEnumerable<Violation> Check(Cluster cluster)
    {
        var local = Local(cluster).ToDictionary(one => one.Name);
        foreach (var name in local.Keys.Except(cluster.Components.Select(one => one.Name)))
        {
            yield return new Violation("component-set", name, "is in components/ and not here");
        }

        foreach (var component in cluster.Components)
        {
            foreach (var (rule, what) in Of(cluster, component, local.GetValueOrDefault(component.Name)))
            {
                yield return Violation.Of(rule, component, what);
            }
        }
    }

    private static IEnumerable<(string Rule, string What)> Of(Cluster cluster, Resource component, Resource? local)
    {
        var type = component.Root.Text("spec", "type");
        if (local is null)
        {
            yield return ("component-set", "is not in components/");
        }
        else
        {
            foreach (var problem in AsLocally(component, local))
            {
                yield return problem;
            }
        }

        if (!DaprdTypes.Contains(type) || component.Root.Text("spec", "version") != "v1")
        {
            yield return ("component-type", type);
        }

        var scopes = component.Root.Texts("scopes");
        if (scopes.Count == 0 || scopes.Except(cluster.AppIds).Any() || scopes.Distinct().Count() < scopes.Count)
        {
            yield return ("scopes", "is open to all, or to an app that is not there");
        }

        if ((component.Root.Text("spec", "ignoreErrors") == "true") != (component.Name == "mail"))
        {
            yield return ("ignore-errors", "would go without, and nobody would know; only mail may");
        }

        foreach (var problem in Secrets(component).Concat(Values(component, type)))
        {
            yield return problem;
        }
    }

    private static IEnumerable<(string Rule, string What)> AsLocally(Resource component, Resource local)
    {
        if (!component.Root.Texts("scopes").Order(StringComparer.Ordinal).SequenceEqual(local.Root.Texts("scopes").Order(StringComparer.Ordinal)))
        {
            yield return ("component-set", "has other scopes than in components/");
        }

        // The store of secrets is a mounted file here and a file there.
        if (component.Root.Text("spec", "type") != local.Root.Text("spec", "type"))
        {
            yield return ("component-set", "has another type than in components/");
        }

        var (here, there) = (Values(component), Values(local));
        foreach (var name in here.Keys.Union(there.Keys).Where(name => !Whereabouts.Contains(name) && here.GetValueOrDefault(name) != there.GetValueOrDefault(name)))
        {
            yield return ("component-set", $"{name} differs from components/");
        }

        static Dictionary<string, string> Values(Resource one) =>
            one.Root.Items("spec", "metadata").DistinctBy(item => item.Text("name")).ToDictionary(item => item.Text("name"), item => item.Text("value"));
    }

    private static IEnumerable<(string Rule, string What)> Secrets(Resource component)
    {
        var metadata = component.Root.Items("spec", "metadata");
        if (metadata.GroupBy(item => item.Text("name"), StringComparer.OrdinalIgnoreCase).Any(group => group.Count() > 1))
        {
            yield return ("metadata", "says something twice");
        }

        foreach (var item in metadata.Where(item => item.Has("value") == item.Has("secretKeyRef")))
        {
            yield return ("metadata", $"{item.Text("name")} has no value, or two");
        }

        foreach (var item in metadata.Where(item => SecretName().IsMatch(item.Text("name")) && !item.Has("secretKeyRef")))
        {
            yield return ("literal-secret", item.Text("name"));
        }

        if (metadata.Any(item => item.Has("secretKeyRef")) && component.Root.Text("auth", "secretStore") != "kubernetes")
        {
            yield return ("secret-store", "takes a secret from nowhere");
        }

        if (metadata.Any(item => item.Has("secretKeyRef") && item.Text("secretKeyRef", "key").Length == 0))
        {
            yield return ("secret-store", "does not say which key of the secret");
        }
    }

    private static IEnumerable<(string Rule, string What)> Values(Resource component, string type)
    {
        foreach (var (name, safe, row) in Safe.GetValueOrDefault(type, []))
        {
            if (!safe(Cluster.Metadata(component, name)))
            {
                yield return ("safe-values", $"{name} = '{Cluster.Metadata(component, name)}' ({row})");
            }
        }

        if (component.Root.Text("spec", "initTimeout") is { Length: > 0 } limit && Durations.Seconds(limit) is null or 0)
        {
            yield return ("metadata", $"initTimeout {limit}");
        }
    }

    private static IEnumerable<Resource> Local(Cluster cluster)
    {
        var set = cluster.Component("pubsub")?.Root.Text("spec", "type") switch { "pubsub.rabbitmq" => "rabbitmq", "pubsub.kafka" => "kafka", _ => "redis" };
        return Directory.GetFiles(Path.Combine(Repository.Root, "components", set), "*.yaml")
            .SelectMany(file => YamlText.Documents(File.ReadAllText(file)))
            .Select(document => new Resource((JsonObject)document))
            .Where(resource => resource.Kind == "Component");
    }

    [GeneratedRegex("password|secretkey|accesskey|token|connectionstring|username", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();
}

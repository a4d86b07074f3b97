using System.Globalization;
using System.Text.RegularExpressions;
using DaprShop.Tests.Manifests.Rendering;

namespace DaprShop.Tests.Manifests.Rules;

/// <summary>What every pod owes the cluster: the checks of kube-linter that concern pods, in words of our own.</summary>
internal static partial class PodRules
{
    public static IEnumerable<Violation> Check(Cluster cluster) => cluster.Workloads.SelectMany(workload =>
        Security(workload).Concat(Images(workload)).Concat(Resources(workload)).Concat(Probes(workload)).Concat(Env(workload)).Concat(Volumes(workload))
            .Concat(Ports(workload)).Concat(Identity(cluster, workload)).Select(found => Violation.Of(found.Rule, workload.Resource, found.What)));

    private static IEnumerable<(string Rule, string What)> Security(Workload workload)
    {
        var pod = workload.Pod.At("securityContext");
        if (pod.Text("runAsNonRoot") != "true" || pod.Number("runAsUser") is null or < 1000 and not 999)
        {
            yield return ("run-as-non-root", "may run as root or as a system user");
        }

        foreach (var container in workload.Pod.Items("containers"))
        {
            var security = container.At("securityContext");
            if (security.Text("allowPrivilegeEscalation") != "false" || security.Text("privileged") == "true" || security.Number("runAsUser") == 0)
            {
                yield return ("privileges", "may gain privileges");
            }

            if (!security.Texts("capabilities", "drop").SequenceEqual(["ALL"]) || security.Items("capabilities", "add").Count > 0)
            {
                yield return ("capabilities", "keeps capabilities");
            }

            if (security.Text("readOnlyRootFilesystem") != "true")
            {
                yield return ("read-only-root", "may write to its image");
            }
        }
    }

    private static IEnumerable<(string Rule, string What)> Images(Workload workload)
    {
        foreach (var (name, version) in workload.Pod.Items("containers").Select(container => Rendering.Images.Split(container.Text("image"))))
        {
            if (version is "" or ":latest" || !FixedVersion().IsMatch(version))
            {
                yield return ("image-version", $"{name} has no fixed version");
            }
        }
    }

    private static IEnumerable<(string Rule, string What)> Resources(Workload workload)
    {
        foreach (var resources in workload.Pod.Items("containers").Select(container => container.At("resources")))
        {
            if (!resources.Has("requests", "cpu") || !resources.Has("requests", "memory") || !resources.Has("limits", "memory"))
            {
                yield return ("resources", "does not say what it needs");
            }
            else if (Bytes(resources.Text("requests", "memory")) > Bytes(resources.Text("limits", "memory")))
            {
                yield return ("resources", "asks for more memory than it may have");
            }
        }
    }

    private static IEnumerable<(string Rule, string What)> Probes(Workload workload)
    {
        var container = workload.Container;
        string[] wanted = workload.HasSidecar ? ["startupProbe", "readinessProbe", "livenessProbe"] : ["readinessProbe", "livenessProbe"];
        foreach (var name in wanted.Where(name => !container.Has(name)))
        {
            yield return ("probes", $"{name} is missing");
        }

        foreach (var (name, probe) in wanted.Select(name => (name, container.At(name))))
        {
            var port = probe.Text("httpGet", "port") + probe.Text("tcpSocket", "port");
            if (port.Length > 0 && workload.Port(port) is null && !(workload.HasSidecar && port == "3501"))
            {
                yield return ("probe-ports", $"{name} asks port {port}, which is not open");
            }
        }

        // A dependency that is away must not restart everything that waits for it.
        if (workload.HasSidecar && (container.Text("livenessProbe", "httpGet", "path") != "/alive" || container.Text("startupProbe", "httpGet", "path") != "/alive"))
        {
            yield return ("liveness", "asks for more than whether the process serves");
        }

        var ready = container.Text("readinessProbe", "httpGet", "path");
        if (workload.HasSidecar && ready != (workload.App == "gateway" ? "/v1.0/healthz/outbound" : "/health"))
        {
            yield return ("readiness", $"{ready} would be ready without a sidecar");
        }
    }

    private static IEnumerable<(string Rule, string What)> Env(Workload workload)
    {
        foreach (var twin in workload.Env.GroupBy(one => one.Text("name")).Where(group => group.Count() > 1))
        {
            yield return ("duplicate-env", twin.Key);
        }

        foreach (var one in workload.Env.Where(one => one.Has("value") && SecretName().IsMatch(one.Text("name"))))
        {
            yield return ("literal-secret", one.Text("name"));
        }

        foreach (var one in workload.Env.Where(one => one.Has("value") == one.Has("valueFrom")))
        {
            yield return ("env-value", $"{one.Text("name")} has no value, or two");
        }
    }

    private static IEnumerable<(string Rule, string What)> Volumes(Workload workload)
    {
        var there = workload.Pod.Items("volumes").Select(volume => volume.Text("name"))
            .Concat(workload.Resource.Root.Items("spec", "volumeClaimTemplates").Select(claim => claim.Text("metadata", "name"))).ToList();
        var used = workload.Pod.Items("containers").SelectMany(container => container.Items("volumeMounts")).Select(mount => mount.Text("name"))
            .Concat(workload.Annotation("volume-mounts").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(mount => mount.Split(':')[0])).ToList();
        foreach (var name in there.Except(used).Concat(used.Except(there)))
        {
            yield return ("volumes", $"{name} is mounted and not there, or there and not mounted");
        }
    }

    private static IEnumerable<(string Rule, string What)> Ports(Workload workload)
    {
        var ports = workload.Pod.Items("containers").SelectMany(container => container.Items("ports")).Select(port => port.Number("containerPort")).ToList();
        if (ports.Exists(port => port is null or < 1024) || ports.Distinct().Count() < ports.Count)
        {
            yield return ("container-ports", "has a privileged port, or one twice");
        }
    }

    private static IEnumerable<(string Rule, string What)> Identity(Cluster cluster, Workload workload)
    {
        var account = workload.Pod.Text("serviceAccountName");
        if (account is "" or "default" || !cluster.Has("ServiceAccount", account))
        {
            yield return ("service-account", $"'{account}' is not one of its own");
        }

        if (workload.Pod.Text("automountServiceAccountToken") != "false")
        {
            yield return ("service-account-token", "gets a token for the API server, which it does not need");
        }

        if (workload.Pod.Text("enableServiceLinks") != "false")
        {
            yield return ("service-links", "takes the names of services for settings, as Kafka's image does with KAFKA_PORT");
        }

        if (!workload.Resource.Root.Members("spec", "selector", "matchLabels").All(wanted => workload.Labels.Text(wanted.Key) == wanted.Value.Text()))
        {
            yield return ("selector", "does not select its own pods");
        }

        if (cluster.Workloads.Count(other => Cluster.Selects(workload.Resource.Root.At("spec", "selector"), other.Labels)) != 1)
        {
            yield return ("selector", "selects the pods of others");
        }

        if (workload.Pod.Text("priorityClassName") is { Length: > 0 } priority && !cluster.Has("PriorityClass", priority))
        {
            yield return ("priority-class", $"{priority} is not there");
        }
    }

    public static double Bytes(string quantity)
    {
        var number = double.Parse(Digits().Match(quantity).Value, CultureInfo.InvariantCulture);
        return number * (quantity[^2..] switch { "Ki" => 1L << 10, "Mi" => 1L << 20, "Gi" => 1L << 30, "Ti" => 1L << 40, _ => 1 });
    }

    [GeneratedRegex(@"^(:[0-9]+\.[0-9]+\.[0-9]+([-+.].*)?|@sha256:[0-9a-f]{64})\z")]
    private static partial Regex FixedVersion();

    [GeneratedRegex("secret|token|password|passwd|apikey|credential", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();

    [GeneratedRegex(@"^[0-9]+(\.[0-9]+)?")]
    private static partial Regex Digits();
}

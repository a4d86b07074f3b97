using DaprShop.Tests.Manifests.Rendering;

namespace DaprShop.Tests.Manifests.Rules;

/// <summary>Names that refer to each other: namespace, services, ingresses, secrets, the provider's endpoint.</summary>
internal static class WiringRules
{
    private static readonly HashSet<string> WithoutNamespace = ["Namespace", "PriorityClass"];

    public static IEnumerable<Violation> Check(Cluster cluster) =>
        Namespaces(cluster).Concat(Services(cluster)).Concat(Secrets(cluster)).Concat(Provider(cluster)).Concat(Addresses(cluster));

    private static IEnumerable<Violation> Namespaces(Cluster cluster)
    {
        foreach (var twins in cluster.Resources.GroupBy(resource => resource.Id).Where(group => group.Count() > 1))
        {
            yield return new Violation("twins", twins.Key, "is there twice");
        }

        var home = cluster.Of("Namespace") is [var only] ? only : null;
        foreach (var stray in cluster.Resources.Where(one => !WithoutNamespace.Contains(one.Kind) && one.Root.Text("metadata", "namespace") != home?.Name))
        {
            yield return Violation.Of("namespace", stray, "lies elsewhere");
        }

        if (home?.Root.Text("metadata", "labels", "pod-security.kubernetes.io/enforce") != "restricted")
        {
            yield return new Violation("pod-security", "Namespace", "does not enforce the restricted profile");
        }

        foreach (var account in cluster.Of("ServiceAccount"))
        {
            if (account.Root.Text("automountServiceAccountToken") != "false")
            {
                yield return Violation.Of("service-account-token", account, "hands out tokens");
            }

            if (!cluster.Workloads.Any(workload => workload.Pod.Text("serviceAccountName") == account.Name))
            {
                yield return Violation.Of("service-account", account, "is nobody's");
            }
        }
    }

    private static IEnumerable<Violation> Services(Cluster cluster)
    {
        foreach (var service in cluster.Of("Service"))
        {
            var selected = cluster.Workloads.Where(workload => service.Root.Members("spec", "selector")
                .All(wanted => workload.Labels.Text(wanted.Key) == wanted.Value.Text())).ToList();
            if (selected.Count != 1 || service.Root.Items("spec", "ports").Any(port => selected[0].Port(port.Text("targetPort")) is null))
            {
                yield return Violation.Of("service", service, "leads to no port of one workload");
            }
        }

        foreach (var ingress in cluster.Of("Ingress"))
        {
            var backends = ingress.Root.Items("spec", "rules").SelectMany(rule => rule.Items("http", "paths")).Select(path => path.At("backend", "service"));
            if (backends.Any(backend => !cluster.Of("Service").Any(service => service.Name == backend.Text("name") && service.Name.StartsWith("gateway", StringComparison.Ordinal)
                && service.Root.Items("spec", "ports").Any(port => port.Text("name") == backend.Text("port", "name")))))
            {
                yield return Violation.Of("ingress", ingress, "leads to something other than the gateway");
            }

            var hosts = ingress.Root.Items("spec", "rules").Select(rule => rule.Text("host"));
            if (hosts.Except(ingress.Root.Items("spec", "tls").SelectMany(tls => tls.Texts("hosts"))).Any())
            {
                yield return Violation.Of("ingress", ingress, "speaks in the clear");
            }
        }
    }

    // Every secret that something refers to is one that the page says how to make or that the operator brings.
    private static IEnumerable<Violation> Secrets(Cluster cluster)
    {
        var known = cluster.IsProduction
            ? cluster.Of("ExternalSecret").Select(one => one.Root.Text("spec", "target", "name")).ToHashSet()
            : ["dapr-api-token", "app-api-token", "shop-secrets", "provider-sandbox", "redis", "rabbitmq"];
        var workloads = cluster.Workloads.SelectMany(workload => workload.Env.Select(one => one.Text("valueFrom", "secretKeyRef", "name"))
            .Concat(workload.Pod.Items("volumes").Select(volume => volume.Text("secret", "secretName"))).Select(name => (workload.Resource, Name: name)));
        var dapr = cluster.Resources.Where(one => one.Group == "dapr.io").SelectMany(one => one.Root.Items("spec", "metadata").Concat(one.Root.Items("spec", "headers"))
            .Select(item => (Resource: one, Name: item.Text("secretKeyRef", "name"))));
        var keda = cluster.Of("TriggerAuthentication").SelectMany(one => one.Root.Items("spec", "secretTargetRef").Select(item => (Resource: one, Name: item.Text("name"))));
        foreach (var (resource, name) in workloads.Concat(dapr).Concat(keda).Where(one => one.Name.Length > 0 && !known.Contains(one.Name)))
        {
            yield return Violation.Of("secret", resource, $"{name} comes from nowhere");
        }
    }

    private static IEnumerable<Violation> Provider(Cluster cluster)
    {
        var endpoint = cluster.Dapr("HTTPEndpoint") is [var only] ? only : null;
        var payment = cluster.Apps.FirstOrDefault(app => app.App == "payment");
        if (endpoint is null || !endpoint.Root.Texts("scopes").SequenceEqual(["payment"])
            || payment?.EnvValue("Provider__BaseUrl") != $"http://localhost:3500/v1.0/invoke/{endpoint.Name}/method/")
        {
            yield return new Violation("provider", "HTTPEndpoint", "is not what the payment service calls, or open to others");
        }

        var url = endpoint?.Root.Text("spec", "baseUrl") ?? "";
        if (cluster.IsProduction
            ? !url.StartsWith("https://", StringComparison.Ordinal) || endpoint!.Root.Text("auth", "secretStore") != "kubernetes"
                || !endpoint.Root.Items("spec", "headers").Any(header => header.Has("secretKeyRef"))
            : url != "http://provider:8090")
        {
            yield return new Violation("provider", "HTTPEndpoint", $"{url} without a key, in the clear, or not there");
        }
    }

    // In the cluster a host name is that of a Service.
    private static IEnumerable<Violation> Addresses(Cluster cluster)
    {
        foreach (var component in cluster.IsProduction ? [] : cluster.Components)
        {
            foreach (var name in new[] { "redisHost", "hostname", "brokers" })
            {
                if (Cluster.Metadata(component, name).Split(':') is [{ Length: > 0 } host, var port]
                    && !cluster.Of("Service").Any(service => service.Name == host && service.Root.Items("spec", "ports").Any(one => one.Text("port") == port)))
                {
                    yield return Violation.Of("address", component, $"{host}:{port} is nobody's");
                }
            }
        }

        var store = Cluster.Metadata(cluster.Component("secretstore"), "secretsFile");
        foreach (var app in cluster.Component("secretstore")?.Root.Texts("scopes") ?? [])
        {
            foreach (var workload in cluster.Apps.Where(one => one.App == app && !store.StartsWith(one.Annotation("volume-mounts") is { Length: > 0 } mount ? mount.Split(':')[1] + "/" : "?", StringComparison.Ordinal)))
            {
                yield return Violation.Of("secrets-file", workload.Resource, $"{store} is not mounted into its sidecar");
            }
        }
    }
}

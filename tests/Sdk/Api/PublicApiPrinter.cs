using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;

namespace DaprShop.Tests.Api;

/// <summary>
/// Prints what an application can see of an assembly: one line per type, one indented line per member, sorted. Properties show
/// their accessors as {g}, {gs}, {gi} (init) or {gps} (protected set). Public constructors without parameters and what the
/// compiler adds to records are left out.
/// </summary>
internal static class PublicApiPrinter
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IReadOnlyList<string> Print(IEnumerable<Assembly> assemblies)
    {
        var lines = new List<string>();
        var types = assemblies.SelectMany(assembly => assembly.GetExportedTypes())
            .OrderBy(type => type.Namespace, StringComparer.Ordinal)
            .ThenBy(type => type.FullName, StringComparer.Ordinal);
        string? currentNamespace = null;
        foreach (var type in types)
        {
            if (type.Namespace != currentNamespace)
            {
                currentNamespace = type.Namespace;
                lines.Add($"namespace {currentNamespace}");
            }

            lines.Add(Header(type));
            lines.AddRange(Members(type).Order(StringComparer.Ordinal).Select(member => "  " + member));
        }

        return lines;
    }

    private static string Header(Type type)
    {
        if (type.IsEnum)
        {
            var values = Enum.GetValues(type).Cast<object>().Select(value => $"{value}={Convert.ToInt64(value, CultureInfo.InvariantCulture)}");
            return $"enum {type.Name} {{ {string.Join(", ", values)} }}";
        }

        var bases = Bases(type).Select(SignatureType.Of).ToList();
        var inheritance = bases.Count == 0 ? "" : $" : {string.Join(", ", bases)}";
        return $"{Attributes(type)}{Kind(type)} {SignatureType.Of(type)}{inheritance}{Constraints(type.GetGenericArguments())}";
    }

    private static string Kind(Type type)
    {
        if (type.IsInterface)
        {
            return "interface";
        }

        if (type.IsValueType)
        {
            return type.GetMethod("PrintMembers", Declared) is null ? "struct" : "record struct";
        }

        var noun = IsRecord(type) ? "record" : "class";
        return type switch
        {
            { IsAbstract: true, IsSealed: true } => $"static {noun}",
            { IsAbstract: true } => $"abstract {noun}",
            { IsSealed: true } => $"sealed {noun}",
            _ => noun,
        };
    }

    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$", Declared) is not null
        || (type.IsValueType && type.GetMethod("PrintMembers", Declared) is not null);

    private static IEnumerable<Type> Bases(Type type)
    {
        var baseType = type.IsClass && type.BaseType != typeof(object) ? type.BaseType : null;
        var all = type.GetInterfaces().Except(baseType?.GetInterfaces() ?? []).ToList();
        var direct = all.Where(candidate => !all.Any(other => other != candidate && other.GetInterfaces().Contains(candidate)))
            .Where(candidate => !(IsRecord(type) && candidate.Name.StartsWith("IEquatable`", StringComparison.Ordinal)));
        return baseType is null ? direct : direct.Prepend(baseType);
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            yield break;
        }

        foreach (var field in type.GetFields(Declared).Where(field => field.IsPublic || field.IsFamily))
        {
            yield return field.IsLiteral
                ? $"const {SignatureType.Of(field)} {field.Name} = {Literal(field.GetRawConstantValue(), field.FieldType)}"
                : $"{(field.IsStatic ? "static " : "")}{SignatureType.Of(field)} {field.Name}";
        }

        foreach (var constructor in type.GetConstructors(Declared).Where(constructor => IsVisible(constructor) && !IsGenerated(constructor)))
        {
            if (constructor.IsFamily || constructor.GetParameters().Length > 0)
            {
                yield return $"{Attributes(constructor)}{Access(constructor)}.ctor({Parameters(constructor)})";
            }
        }

        foreach (var property in type.GetProperties(Declared).Where(property => !IsGenerated(property) && Accessors(property).Length > 0))
        {
            var accessor = property.GetAccessors(nonPublic: true).Where(IsVisible).OrderBy(method => method.IsFamily).First();
            yield return $"{Attributes(property)}{Modifiers(accessor)}{SignatureType.Of(property)} {property.Name} {{{Accessors(property)}}}";
        }

        foreach (var method in type.GetMethods(Declared).Where(method => IsVisible(method) && !IsGenerated(method) && !IsAccessor(method)))
        {
            var generics = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>" : "";
            var constraints = Constraints(method.IsGenericMethod ? method.GetGenericArguments() : []);
            yield return $"{Attributes(method)}{Modifiers(method)}{SignatureType.Of(method.ReturnParameter)} {method.Name}{generics}({Parameters(method)}){constraints}";
        }
    }

    private static string Accessors(PropertyInfo property)
    {
        var get = property.GetMethod is { } getter && IsVisible(getter) ? "g" : "";
        if (property.SetMethod is not { } setter || !IsVisible(setter))
        {
            return get;
        }

        var init = setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));
        return get + (setter.IsFamily && property.GetMethod is { IsPublic: true } ? "p" : "") + (init ? "i" : "s");
    }

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsAccessor(MethodInfo method) =>
        method.IsSpecialName && (method.Name.StartsWith("get_", StringComparison.Ordinal) || method.Name.StartsWith("set_", StringComparison.Ordinal));

    // What the compiler adds to a record is marked as its work; of the equality contract only the accessor is.
    private static bool IsGenerated(MemberInfo member) =>
        member.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)
        || member is PropertyInfo { Name: "EqualityContract" };

    private static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static string Modifiers(MethodInfo method)
    {
        if (method.DeclaringType!.IsInterface)
        {
            return "";
        }

        var kind = method switch
        {
            { IsStatic: true } => "static ",
            { IsAbstract: true } => "abstract ",
            { IsVirtual: true } when method.GetBaseDefinition() != method => "override ",
            { IsVirtual: true, IsFinal: false } => "virtual ",
            _ => "",
        };
        return Access(method) + kind;
    }

    private static string Parameters(MethodBase method)
    {
        var extension = method.IsDefined(typeof(ExtensionAttribute), inherit: false);
        return string.Join(", ", method.GetParameters().Select(parameter =>
        {
            var prefix = extension && parameter.Position == 0 ? "this " : parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? "ref " : "";
            var value = parameter.HasDefaultValue ? $" = {Literal(parameter.RawDefaultValue, parameter.ParameterType)}" : "";
            return $"{prefix}{SignatureType.Of(parameter)} {parameter.Name}{value}";
        }));
    }

    private static string Literal(object? value, Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return value switch
        {
            null => type == typeof(CancellationToken) ? "default" : "null",
            string text => $"\"{text}\"",
            bool flag => flag ? "true" : "false",
            _ when type.IsEnum => $"{type.Name}.{Enum.ToObject(type, value)}",
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };
    }

    private static string Constraints(Type[] genericArguments) => string.Concat(genericArguments.Select(argument =>
    {
        var attributes = argument.GenericParameterAttributes;
        List<string> constraints = [];
        if (attributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
        {
            constraints.Add("class");
        }

        constraints.AddRange(argument.GetGenericParameterConstraints().Select(SignatureType.Of));
        if (attributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint))
        {
            constraints.Add("new()");
        }

        return constraints.Count == 0 ? "" : $" where {argument.Name}: {string.Join(", ", constraints)}";
    }));

    private static string Attributes(MemberInfo member)
    {
        var text = "";
        foreach (var attribute in member.GetCustomAttributes(inherit: false))
        {
            text += attribute switch
            {
                ObsoleteAttribute => "[Obsolete] ",
                System.Diagnostics.CodeAnalysis.ExperimentalAttribute experimental => $"[Experimental({experimental.DiagnosticId})] ",
                JsonPropertyNameAttribute json => $"[JsonPropertyName({json.Name})] ",
                AttributeUsageAttribute usage => $"[Usage({usage.ValidOn},AllowMultiple={usage.AllowMultiple}{(usage.Inherited ? "" : ",Inherited=False")})] ",
                _ => "",
            };
        }

        return text;
    }
}

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("registers", "0004_sealed_texts")]

    operations = [
        migrations.RemoveField("case", "name_clear"),
        migrations.RemoveField("case", "contact_clear"),
        migrations.RemoveField("case", "text_clear"),
        migrations.RemoveField("case", "extension_clear"),
        migrations.RemoveField("case", "answer_clear"),
        migrations.RemoveField("disclosure", "authority_clear"),
        migrations.RemoveField("disclosure", "reference_clear"),
        migrations.RemoveField("disclosure", "basis_clear"),
        migrations.RemoveField("disclosure", "scope_clear"),
        migrations.RemoveField("disclosure", "why_not_told_clear"),
    ]
